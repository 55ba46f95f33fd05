#include "cli/clients/root_search.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/control_nodes/root_redirect.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr rpc::BackoffPolicy kBackoff = {.initial = absl::Milliseconds(20),
                                         .maximum = absl::Milliseconds(150)};
constexpr absl::Duration kFirstPatience = absl::Milliseconds(250);
// An answer may take this long: a document of some megabytes through a slow disk.
constexpr absl::Duration kLeastPatience = absl::Seconds(1);

}  // namespace

RootSearch::RootSearch(const ControlNodes& nodes, RootSeeker::Service service)
    : count_(nodes.size()), patience_(kFirstPatience), seeker_(nodes, service, kBackoff) {}

absl::Duration RootSearch::Patience(absl::Duration left) const {
  if (count_ < 2) return left;
  const absl::Duration most = std::max(kLeastPatience, left / static_cast<int64_t>(count_));
  return std::min({left, most, patience_});
}

void RootSearch::OnAnswer() {
  // Answers carry no epoch here.
  seeker_.OnRoot(seeker_.epoch());
  patience_ = kFirstPatience;
  said_.clear();
}

bool RootSearch::MeansElsewhere(const absl::Status& status) const {
  const std::string reason = ErrorReason(status);
  return count_ > 1 && (reason == kNotRootReason || reason == "NOT_REACHABLE");
}

absl::Duration RootSearch::OnElsewhere(const absl::Status& status, Random& random) {
  said_[address()] = status;
  const std::optional<RootRedirect> redirect = RedirectOf(status);
  if (!redirect.has_value()) patience_ *= 2;
  return redirect.has_value() ? seeker_.OnNotRoot(*redirect, random) : seeker_.OnNoRoot(random);
}

absl::Status RootSearch::GiveUp() const {
  if (count_ < 2) return said_.empty() ? absl::OkStatus() : said_.begin()->second;
  std::string text = "no control node is root:";
  const char* separator = " ";
  for (const auto& [address, status] : said_) {
    absl::StrAppend(&text, separator, address, " says ", std::string(status.message()));
    separator = "; ";
  }
  return MakeError(absl::StatusCode::kUnavailable, "NO_ROOT", text);
}

}  // namespace understudy::cli
