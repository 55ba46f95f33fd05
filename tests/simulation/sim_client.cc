#include "tests/simulation/sim_client.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/control_nodes/root_redirect.h"

namespace understudy::simulation {

namespace cv = config_vault;

namespace {

constexpr absl::Duration kTimeout = absl::Milliseconds(800);
constexpr absl::Duration kWriteEvery = absl::Milliseconds(60);
constexpr absl::Duration kReadEvery = absl::Milliseconds(40);
constexpr uint64_t kDocuments = 4;

std::string Bytes(const Sha256& sha256) { return {sha256.begin(), sha256.end()}; }

absl::StatusOr<cv::DocumentInfo> InfoOf(const absl::StatusOr<cv::Outcome>& outcome) {
  if (!outcome.ok()) return outcome.status();
  return std::get<cv::DocumentOutcome>(outcome->result).info;
}

}  // namespace

SimClient::SimClient(SimWorld& world, SimNode& node, const std::vector<ControlNode>& nodes,
                     SiteLedger& ledger)
    : world_(world),
      node_(node),
      ledger_(ledger),
      seeker_(nodes, &ControlNode::vault,
              {.initial = absl::Milliseconds(20), .maximum = absl::Milliseconds(300)}) {
  WriteNext();
  Read();
}

void SimClient::After(absl::Duration delay, std::function<void()> task) {
  node_.executor().RunAt(node_.clock().SteadyNow() + delay, std::move(task));
}

SimCaller<SimSiteVault>& SimClient::At(const std::string& vault) {
  auto& caller = vaults_[vault];
  if (caller == nullptr) {
    caller = std::make_unique<SimCaller<SimSiteVault>>(world_, node_, vault, kTimeout);
  }
  return *caller;
}

void SimClient::WriteNext() {
  Random& random = node_.random();
  cv::PutDocument put;
  put.write.name = absl::StrCat("notes/", random.Below(kDocuments));
  put.write.request_id = absl::StrCat(node_.id(), "-", random.Next());
  put.write.author = node_.id();
  for (uint8_t& byte : put.sha256) byte = static_cast<uint8_t>(random.Below(256));
  put.packed = "content";
  put.size = put.packed.size();
  After(random.Between(absl::ZeroDuration(), kWriteEvery), [this, put] { Write(put); });
}

void SimClient::Write(const cv::PutDocument& put) {
  At(seeker_.address())
      .Call<Written>(
          [put](SimSiteVault& vault, std::function<void(Written)> answer) {
            vault.Write(cv::Command(put), [answer](const absl::StatusOr<cv::Outcome>& outcome) {
              answer(InfoOf(outcome));
            });
          },
          [this, put](const Written& written) { OnWritten(put, written); });
}

void SimClient::OnWritten(const cv::PutDocument& put, const Written& written) {
  if (written.ok()) {
    ledger_.OnClientWrite(put.write.name, written->revision, Bytes(put.sha256));
    return WriteNext();
  }
  const auto root = RedirectOf(written.status());
  const absl::Duration pause = root.has_value() ? seeker_.OnNotRoot(*root, node_.random())
                                                : seeker_.OnNoRoot(node_.random());
  After(std::max(pause, absl::Milliseconds(1)), [this, put] { Write(put); });
}

void SimClient::Read() {
  const auto& nodes = seeker_.nodes();
  const std::string& vault = nodes[node_.random().Below(nodes.size())].vault;
  const std::string name = absl::StrCat("notes/", node_.random().Below(kDocuments));
  const cv::Revision floor = ledger_.Acknowledged(name);
  using Found = absl::StatusOr<cv::DocumentInfo>;
  At(vault).Call<Found>(
      [name](SimSiteVault& at, std::function<void(Found)> answer) {
        at.WhenCurrent([&at, name, answer](const absl::Status& status) {
          if (!status.ok()) return answer(status);
          const auto head = *at.store().Snapshot()->FindHead(name);
          answer(head.has_value() ? head->latest : cv::DocumentInfo());
        });
      },
      [this, name, floor](const Found& found) {
        if (found.ok()) {
          ledger_.OnClientRead(name, found->revision, Bytes(found->sha256), floor);
        }
        After(node_.random().Between(absl::ZeroDuration(), kReadEvery), [this] { Read(); });
      });
}

}  // namespace understudy::simulation
