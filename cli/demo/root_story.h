#ifndef UNDERSTUDY_CLI_DEMO_ROOT_STORY_H_
#define UNDERSTUDY_CLI_DEMO_ROOT_STORY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/clients/clients.h"
#include "cli/demo/root_finder.h"
#include "cli/demo/root_report.h"
#include "cli/demo/stage.h"
#include "cli/demo/steady_writer.h"
#include "cli/demo/timeline.h"

namespace understudy::cli {

// Longest times, generous as those of the stations' story.
struct RootBounds {
  // From a failure of the root's node to the next write that was acknowledged.
  absl::Duration next_write = absl::Seconds(5);
  // Until anything that must happen has happened at all.
  absl::Duration patience = absl::Seconds(60);
};

// The root's part of the demonstration, on a site of several control nodes: while documents are
// written all the time, the whole node of the root is killed, a root is frozen and wakes up
// believing that it still is, etcd loses its leader, and a root dies in the middle of a station's
// failover. At the end nothing that was acknowledged is missing on any node, no duty was run by two
// stations under one assignment, and all nodes hold the same. A chapter that goes wrong ends the
// story with an error.
class RootStory {
 public:
  // All must outlive the story. `quick` makes clients that give up soon: frozen nodes are asked,
  // too.
  RootStory(Stage& stage, Timeline& timeline, ClientFactory& clients, ClientFactory& quick,
            const RootBounds& bounds)
      : stage_(stage),
        timeline_(timeline),
        clients_(clients),
        quick_(quick),
        finder_(stage.fleet(), quick),
        bounds_(bounds) {}

  // `first_chapter`: the number of the first of its chapters.
  absl::Status Run(int first_chapter);

  const std::vector<RootStepResult>& results() const { return results_; }
  // Of the station's failover in the last chapter.
  const std::vector<StepResult>& moves() const { return moves_; }
  const std::vector<std::string>& actors() const { return actors_; }

 private:
  // Between a failure and what came of it.
  struct Act {
    std::string what;
    RootFinder::Root before;
    SteadyTime at;
  };

  absl::Status NodeIsKilled();
  absl::Status RootFreezes();
  absl::Status EtcdLosesItsLeader();
  absl::Status RootDiesInMidFailover();
  absl::Status Finale();

  void Chapter(const std::string& title);
  absl::StatusOr<Act> Begin(const std::string& what_to_root);
  // Waits for the next acknowledged write and records what came of it. `root_must_change`: another
  // node, under a newer epoch.
  absl::Status AwaitTakeover(const Act& act, bool root_must_change);
  absl::Status Restart(const std::string& node);
  absl::Status AwaitSentinel(const std::string& node);

  absl::StatusOr<RootFinder::Root> AwaitRoot(uint64_t newer_than);
  // What the frozen root says to a write when it wakes up; empty when it refused as it must.
  std::string WakeUpProblem(const std::string& node);
  // A station that was said to have failed since the last call, though nobody touched it.
  std::string FalseFailures();

  absl::Status CheckDuties();
  absl::Status CheckNodesAreIdentical();
  absl::Status CheckAcknowledged();
  absl::Status Await(const std::string& what, const std::function<bool()>& condition);

  Stage& stage_;
  Timeline& timeline_;
  ClientFactory& clients_;
  ClientFactory& quick_;
  RootFinder finder_;
  const RootBounds bounds_;
  int chapter_ = 0;
  std::vector<RootStepResult> results_;
  std::vector<StepResult> moves_;
  std::vector<std::string> actors_;
  std::unique_ptr<SteadyWriter> writer_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_DEMO_ROOT_STORY_H_
