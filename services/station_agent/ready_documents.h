#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_READY_DOCUMENTS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_READY_DOCUMENTS_H_

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "common/document/sha256.h"

namespace understudy::station_agent {

// Documents that the station may be told to run, unpacked ahead: giving one to the native process
// then takes no more than copying it. Holds at most `limit` bytes; what does not fit is unpacked
// when it is needed. Not thread-safe.
class ReadyDocuments {
 public:
  explicit ReadyDocuments(size_t limit) : limit_(limit) {}

  // Takes the place of what was ready for the duty.
  void Put(const std::string& duty_id, const Sha256& sha256, std::string content) {
    Drop(duty_id);
    if (bytes_ + content.size() > limit_) return;
    bytes_ += content.size();
    documents_[duty_id] = {sha256, std::move(content)};
  }
  void Drop(const std::string& duty_id) {
    const auto found = documents_.find(duty_id);
    if (found == documents_.end()) return;
    bytes_ -= found->second.content.size();
    documents_.erase(found);
  }
  // Null when it is not ready, or when what is ready has another hash.
  const std::string* Find(const std::string& duty_id, const Sha256& sha256) const {
    const auto found = documents_.find(duty_id);
    if (found == documents_.end() || found->second.sha256 != sha256) return nullptr;
    return &found->second.content;
  }

 private:
  struct Document {
    Sha256 sha256 = {};
    std::string content;
  };

  const size_t limit_;
  size_t bytes_ = 0;
  std::map<std::string, Document> documents_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_READY_DOCUMENTS_H_
