// Whatever a file holds, reading it must neither crash nor take more than it has; and what is
// accepted as whole is what the writer would have written.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "cli/vault_backup/backup_file.h"

namespace {

using understudy::cli::BackupReader;
using understudy::cli::BackupWriter;

void Expect(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  std::istringstream in(bytes);
  BackupReader reader(in, "fuzzed");
  const auto manifest = reader.Begin();
  if (!manifest.ok()) return 0;
  std::ostringstream out;
  BackupWriter writer(out);
  Expect(writer.Begin(*manifest).ok());
  while (true) {
    const auto piece = reader.NextPiece();
    if (!piece.ok()) return 0;
    if (!piece->has_value()) break;
    Expect(writer.AddPiece(**piece).ok());
  }
  Expect(writer.End().ok());
  Expect(reader.bytes() == size);
  Expect(reader.pieces() == writer.pieces());
  return 0;
}
