#include "common/metrics/exposer.h"

#include <prometheus/exposer.h>
#include <prometheus/registry.h>

#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace understudy::metrics {

Exposer::Exposer(std::unique_ptr<prometheus::Exposer> exposer)
    : exposer_(std::move(exposer)), port_(exposer_->GetListeningPorts().front()) {}

Exposer::~Exposer() = default;

absl::StatusOr<std::unique_ptr<Exposer>> Exposer::Start(const std::string& listen,
                                                        const Registry& registry) {
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(listen, /*num_threads=*/1);
    exposer->RegisterCollectable(registry.registry_);
    return std::unique_ptr<Exposer>(new Exposer(std::move(exposer)));
  } catch (const std::exception& problem) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", listen, " for metrics: ", problem.what()));
  }
}

}  // namespace understudy::metrics
