#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_TESTING_MODEL_STORE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_TESTING_MODEL_STORE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace understudy::checkpoint_store {

// A store of one device as the protocol describes it, small enough to be seen right: what the
// device's client is tried against. (The real core is tried against the client in
// tests/simulation.)
class ModelStore {
 public:
  // Identifiers are numbers after `drawn`: stores beside each other begin far apart.
  explicit ModelStore(int drawn = 0) : drawn_(drawn) {}

  struct Kept {
    std::string content;
    uint64_t generation = 0;
    bool from_operator = false;
  };

  // Answers one whole request with one whole response.
  std::string Answer(std::string_view request);

  // The operator's.
  void Enrol(const std::string& id, const std::string& content);
  void Stage(const std::string& content) { staged_ = content; }
  // A store that is broken: the default checkpoint is another one.
  void Replace(const std::string& content) {
    kept_[""].content = content;
    kept_[""].from_operator = false;
  }

  const std::string& id() const { return id_; }
  const std::string& next() const { return next_; }
  const std::map<std::string, Kept>& kept() const { return kept_; }
  // Requests with an identifier that is dead: a client that works never makes one.
  int suspicions() const { return suspicions_; }
  int posts() const { return posts_; }
  const std::string& last_request() const { return last_request_; }
  // Answers to deltas from then on: whether their base is gone.
  void set_bases_gone(bool gone) { bases_gone_ = gone; }

 private:
  std::string OnGet(const std::string& id, const std::string& name);
  std::string OnPost(const std::string& id, const std::string& name, std::string_view request);

  std::string id_;
  std::string next_;
  std::string dead_;
  std::string claim_;
  std::map<std::string, Kept> kept_;
  std::string staged_;
  std::string last_name_;
  uint64_t generation_ = 0;
  int drawn_;
  int suspicions_ = 0;
  int posts_ = 0;
  bool bases_gone_ = false;
  std::string last_request_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_TESTING_MODEL_STORE_H_
