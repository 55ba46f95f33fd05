#include "services/checkpoint_store/records.h"

namespace understudy::checkpoint_store {

const Generation* LatestOf(const Device& device, std::string_view name) {
  for (size_t i = device.kept.size(); i-- > 0;) {
    if (device.kept[i].name == name) return &device.kept[i];
  }
  return nullptr;
}

const Generation* FindGeneration(const Device& device, std::string_view name,
                                 GenerationNumber number) {
  for (const Generation& generation : device.kept) {
    if (generation.number == number && generation.name == name) return &generation;
  }
  return nullptr;
}

bool HasIdentifier(const Device& device, const Identifier& identifier) {
  unsigned found = 0;
  ForEachIdentifier(device, [&](const Identifier& one) {
    found |= static_cast<unsigned>(one == identifier);
  });
  return found != 0;
}

}  // namespace understudy::checkpoint_store
