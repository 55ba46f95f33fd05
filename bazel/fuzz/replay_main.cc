// Runs a libFuzzer target without libFuzzer: every corpus file once, then a bounded number of
// mutations drawn from a fixed seed, so that a plain test run is repeatable.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// How many mutations a target wants whose single run is slow; may be missing.
extern "C" __attribute__((weak)) int FuzzMutations();

namespace {

constexpr uint64_t kSeed = 20221122;
constexpr int kMutations = 20000;
constexpr size_t kMaxSize = 4096;

using Input = std::vector<uint8_t>;

void Run(const Input& input) { LLVMFuzzerTestOneInput(input.data(), input.size()); }

Input ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Input(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

class Mutator {
 public:
  Input Mutate(Input input) {
    const int steps = 1 + static_cast<int>(Below(4));
    for (int i = 0; i < steps; ++i) Step(input);
    if (input.size() > kMaxSize) input.resize(kMaxSize);
    return input;
  }

  size_t Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }

 private:
  void Step(Input& input) {
    switch (Below(5)) {
      case 0:
        if (!input.empty()) input[Below(input.size())] ^= 1u << Below(8);
        break;
      case 1:
        if (!input.empty()) input[Below(input.size())] = static_cast<uint8_t>(random_());
        break;
      case 2:
        input.insert(input.begin() + static_cast<ptrdiff_t>(Below(input.size() + 1)),
                     static_cast<uint8_t>(random_()));
        break;
      case 3:
        if (!input.empty()) input.resize(Below(input.size()));
        break;
      default:
        Duplicate(input);
    }
  }

  void Duplicate(Input& input) {
    const size_t from = Below(input.size());
    const size_t length = Below(input.size() - from);
    const Input part(input.begin() + static_cast<ptrdiff_t>(from),
                     input.begin() + static_cast<ptrdiff_t>(from + length));
    input.insert(input.end(), part.begin(), part.end());
  }

  std::mt19937_64 random_{kSeed};
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<Input> corpus = {Input{}};
  for (int i = 1; i < argc; ++i) corpus.push_back(ReadFile(argv[i]));
  for (const Input& input : corpus) Run(input);
  Mutator mutator;
  const int mutations = FuzzMutations != nullptr ? FuzzMutations() : kMutations;
  for (int i = 0; i < mutations; ++i) Run(mutator.Mutate(corpus[mutator.Below(corpus.size())]));
  std::printf("%zu corpus inputs and %d mutations (seed %llu) passed\n", corpus.size(), mutations,
              static_cast<unsigned long long>(kSeed));
  return 0;
}
