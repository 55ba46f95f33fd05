#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REVISION_ASSEMBLER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REVISION_ASSEMBLER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "services/config_vault/etcd/etcd_client.h"

namespace understudy::config_vault::etcd {

// Puts the events of a watch's messages together by revision: a message may hold several, and a
// large revision may come in several messages. Pure.
class RevisionAssembler {
 public:
  // Revisions before `next` were seen already.
  explicit RevisionAssembler(int64_t next) : next_(next) {}

  void Add(Event event) {
    const int64_t revision = event.value.mod_revision;
    if (revision < next_) return;
    if (revision != open_.revision) Close();
    open_.revision = revision;
    open_.events.push_back(std::move(event));
  }

  // The message is over; `continued` when the next goes on with the same revision. What is whole.
  std::vector<RevisionEvents> EndMessage(bool continued) {
    if (!continued) Close();
    return std::exchange(whole_, {});
  }

  // The connection is lost: what is not whole will be told again.
  void Restart() {
    open_ = {};
    whole_.clear();
  }

  // The first revision that was not handed out.
  int64_t next() const { return next_; }
  void set_next(int64_t next) { next_ = next; }

 private:
  void Close() {
    if (open_.events.empty()) return;
    next_ = open_.revision + 1;
    whole_.push_back(std::exchange(open_, {}));
  }

  int64_t next_;
  RevisionEvents open_;
  std::vector<RevisionEvents> whole_;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REVISION_ASSEMBLER_H_
