#include "cli/demo/steady_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/wait.h"

namespace understudy::cli {

SteadyWriter::SteadyWriter(std::unique_ptr<VaultClient> vault, std::string prefix,
                           absl::Duration pause)
    : vault_(std::move(vault)),
      prefix_(std::move(prefix)),
      pause_(pause),
      thread_([this] { Run(); }) {}

SteadyWriter::~SteadyWriter() { Stop(); }

void SteadyWriter::Stop() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void SteadyWriter::Run() {
  for (uint64_t number = 1; !ending_; ++number) {
    config_vault::v1::PutRequest request;
    request.set_name(absl::StrCat(prefix_, "/", number));
    request.set_content(absl::StrCat(R"({"number": )", number, "}"));
    Acknowledged written;
    written.content = request.content();
    written.called_at = SteadyNow();
    const auto response = vault_->Put(request);
    written.answered_at = SteadyNow();
    if (response.ok()) {
      written.revision = response->info().revision();
      absl::MutexLock lock(&mutex_);
      acknowledged_[request.name()] = std::move(written);
    } else {
      ++failed_;
    }
    Pause(pause_);
  }
}

std::map<std::string, SteadyWriter::Acknowledged> SteadyWriter::acknowledged() const {
  absl::MutexLock lock(&mutex_);
  return acknowledged_;
}

std::optional<SteadyTime> SteadyWriter::FirstAfter(SteadyTime since) const {
  absl::MutexLock lock(&mutex_);
  std::optional<SteadyTime> first;
  for (const auto& [name, written] : acknowledged_) {
    if (written.called_at < since) continue;
    first = first.has_value() ? std::min(*first, written.answered_at) : written.answered_at;
  }
  return first;
}

std::vector<std::string> MissingFrom(VaultClient& vault,
                                     const std::map<std::string, SteadyWriter::Acknowledged>& all,
                                     size_t limit) {
  std::vector<std::string> missing;
  for (const auto& [name, written] : all) {
    if (missing.size() >= limit) break;
    config_vault::v1::GetRequest request;
    request.set_name(name);
    const auto response = vault.Get(request);
    if (!response.ok()) {
      missing.push_back(absl::StrCat(name, ": ", std::string(response.status().message())));
    } else if (response->content() != written.content ||
               response->info().revision() != written.revision) {
      missing.push_back(absl::StrCat(name, " is at revision ", response->info().revision(),
                                     ", acknowledged was ", written.revision));
    }
  }
  return missing;
}

}  // namespace understudy::cli
