#include "services/config_vault/rocksdb_keys.h"

namespace understudy::config_vault::keys {

std::string EncodeNumber(uint64_t number) {
  std::string bytes(8, '\0');
  for (int i = 7; i >= 0; --i) {
    bytes[static_cast<size_t>(i)] = static_cast<char>(number & 0xFF);
    number >>= 8;
  }
  return bytes;
}

std::optional<uint64_t> NumberAtEnd(std::string_view key) {
  if (key.size() < 8) return std::nullopt;
  uint64_t number = 0;
  for (const char byte : key.substr(key.size() - 8)) {
    number = (number << 8) | static_cast<uint8_t>(byte);
  }
  return number;
}

std::string Named(std::string_view table, std::string_view name) {
  std::string key(table);
  key += name;
  return key;
}

std::string Numbered(std::string_view table, uint64_t number) {
  return Named(table, EncodeNumber(number));
}

std::string Content(std::string_view name, uint64_t revision) {
  std::string key(name);
  key += '\0';
  key += EncodeNumber(revision);
  return key;
}

std::string History(std::string_view name, uint64_t revision) {
  return Named(kHistory, Content(name, revision));
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xFF') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  return end;
}

}  // namespace understudy::config_vault::keys
