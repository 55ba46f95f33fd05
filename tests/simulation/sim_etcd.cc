#include "tests/simulation/sim_etcd.h"

#include <any>
#include <utility>

#include "absl/strings/str_cat.h"

namespace understudy::simulation {
namespace {

// Revisions in one answer.
constexpr size_t kMaxRevisions = 64;

}  // namespace

SimEtcd::SimEtcd(SimWorld& world, SimNode& node, EtcdDisk& disk) : world_(world), disk_(disk) {
  node.Listen("etcd", [this, &node](const std::string& from, const SimMessage& message) {
    const Answer answer = Carry(std::any_cast<const Request&>(message.body));
    world_.network().Send(node, from, "etcd-answer", {"answer", answer});
  });
}

void SimEtcd::Append(SimRevision revision) {
  revision.revision = disk_.log.size() + 1;
  disk_.log.push_back(std::move(revision));
}

SimEtcd::Answer SimEtcd::Carry(const Request& request) {
  Answer answer{.number = request.number};
  switch (request.kind) {
    case Request::Kind::kReadRoot:
      break;
    case Request::Kind::kClaim:
      answer.done = disk_.root.epoch == request.epoch;
      if (!answer.done) break;
      Append({.root = request.record});
      disk_.root = {.epoch = disk_.log.back().revision, .record = request.record};
      world_.Note(absl::StrCat("etcd: root is ", request.record.node_id, " under epoch ",
                               disk_.root.epoch));
      break;
    case Request::Kind::kCommit:
      answer.done =
          disk_.root.epoch == request.epoch && disk_.batch_revision == request.batch_revision;
      if (!answer.done) break;
      Append({.epoch = request.epoch, .write = request.write});
      disk_.batch_revision = disk_.log.back().revision;
      answer.revision = disk_.batch_revision;
      break;
    case Request::Kind::kFollow:
      for (uint64_t next = request.after;
           next < disk_.log.size() && answer.revisions.size() < kMaxRevisions; ++next) {
        answer.revisions.push_back(disk_.log[next]);
      }
      break;
  }
  answer.root = disk_.root;
  return answer;
}

}  // namespace understudy::simulation
