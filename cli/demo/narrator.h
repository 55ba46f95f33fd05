#ifndef UNDERSTUDY_CLI_DEMO_NARRATOR_H_
#define UNDERSTUDY_CLI_DEMO_NARRATOR_H_

#include <map>
#include <optional>
#include <string>

#include "cli/demo/timeline.h"
#include "understudy/config_vault/v1/registry.pb.h"
#include "understudy/membership/v1/membership.pb.h"

namespace understudy::cli {

// What a change of a member means in words; empty for one that no audience cares about.
std::string MemberNews(const std::optional<membership::v1::Member>& before,
                       const membership::v1::Member& now,
                       membership::v1::MemberChanged::Reason reason);

// What a failover's new state means in words.
std::string FailoverNews(const config_vault::v1::Failover& failover);

// Tells the timeline what the services say, each thing once. Members and failovers may come from
// two threads.
class Narrator {
 public:
  explicit Narrator(Timeline& timeline) : timeline_(timeline) {}

  void OnMember(const std::optional<membership::v1::Member>& before,
                const membership::v1::Member& now, membership::v1::MemberChanged::Reason reason);
  void OnFailover(const config_vault::v1::Failover& failover);

 private:
  Timeline& timeline_;
  // What was told of each failover last; only the failovers' thread uses it.
  std::map<std::string, std::string> told_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_DEMO_NARRATOR_H_
