#ifndef UNDERSTUDY_CLI_CLIENTS_ROOT_SEARCH_H_
#define UNDERSTUDY_CLI_CLIENTS_ROOT_SEARCH_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/clients/clients.h"
#include "common/control_nodes/root_seeker.h"
#include "common/random/random.h"

namespace understudy::cli {

// One call's search for the root: what each node said, whom to ask next, and when to give up. Not
// thread-safe. Reads no clock: the caller says how much time is left.
class RootSearch {
 public:
  RootSearch(const ControlNodes& nodes, RootSeeker::Service service);

  // Whom to ask, and for how long when `left` of the call's time is left. Where there are others,
  // one that is frozen must not hold the call up: it is left alone after 250 ms, and given twice as
  // long each time that nobody has answered, for one that is merely slow.
  const std::string& address() const { return seeker_.address(); }
  absl::Duration Patience(absl::Duration left) const;

  // It answered: it is asked first the next time.
  void OnAnswer();

  // Whether the error means that another node may know better: it is not root, or nobody answered.
  // Without another node that is the end.
  bool MeansElsewhere(const absl::Status& status) const;
  // For such an error: the pause before the next attempt.
  absl::Duration OnElsewhere(const absl::Status& status, Random& random);

  // UNAVAILABLE NO_ROOT: what the nodes said, one after the other. With one node, its own error.
  absl::Status GiveUp() const;

 private:
  const size_t count_;
  absl::Duration patience_;
  RootSeeker seeker_;
  // By address; the latest of each.
  std::map<std::string, absl::Status> said_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CLIENTS_ROOT_SEARCH_H_
