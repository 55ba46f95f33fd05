#include "services/checkpoint_store/admin_reads.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/checkpoint_store/checkpoint_codec.h"
#include "services/checkpoint_store/request_rules.h"

namespace understudy::checkpoint_store {
namespace {

constexpr uint32_t kDefaultPageSize = 100;
constexpr uint32_t kMaxPageSize = 1000;
constexpr size_t kMaxOverdueIds = 10'000;
// So that tokens are not taken for ids.
constexpr char kTokenPrefix[] = "after:";

using DevicePointer = std::shared_ptr<const Device>;

// A token is the last id of the page before, wrapped.
std::string MakeToken(const std::string& last_id) {
  return absl::WebSafeBase64Escape(kTokenPrefix + last_id);
}

absl::StatusOr<std::string> ReadToken(const std::string& token) {
  if (token.empty()) return std::string();
  std::string text;
  if (absl::WebSafeBase64Unescape(token, &text) && text.starts_with(kTokenPrefix)) {
    std::string id = text.substr(sizeof(kTokenPrefix) - 1);
    if (!id.empty() && CheckDeviceId(id).ok()) return id;
  }
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_PAGE_TOKEN",
                   "the page token is not one that this listing gave");
}

absl::StatusOr<uint32_t> ReadPageSize(uint32_t asked) {
  if (asked == 0) return kDefaultPageSize;
  if (asked <= kMaxPageSize) return asked;
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_PAGE_SIZE",
                   absl::StrCat("expected a page size of 1 to ", kMaxPageSize, ", found ", asked));
}

}  // namespace

absl::StatusOr<DevicePointer> AdminReads::Find(const std::string& id) const {
  DevicePointer device =
      directory_.With([&](const DeviceDirectory& directory) { return directory.FindById(id); });
  if (device != nullptr) return device;
  return MakeError(absl::StatusCode::kNotFound, "DEVICE_NOT_FOUND",
                   absl::StrCat("there is no device ", CheckDeviceId(id).ok() ? id : "of this id"));
}

absl::StatusOr<v1::ListResponse> AdminReads::ListOverdue(const std::string& prefix,
                                                         const std::string& after,
                                                         uint32_t page_size) const {
  std::map<std::string, DevicePointer> late;
  directory_.With([&](const DeviceDirectory& directory) {
    for (const DeviceNumber number : monitor_.Overdue()) {
      DevicePointer device = directory.FindByNumber(number);
      if (device == nullptr || !device->id.starts_with(prefix) || device->id <= after) continue;
      late[device->id] = std::move(device);
    }
  });
  v1::ListResponse response;
  for (const auto& [id, device] : late) {
    if (response.devices_size() == static_cast<int>(page_size)) {
      response.set_next_page_token(
          MakeToken(response.devices(response.devices_size() - 1).device_id()));
      break;
    }
    *response.add_devices() = EncodeDevice(*device, policy_, /*is_overdue=*/true);
  }
  return response;
}

absl::StatusOr<v1::ListResponse> AdminReads::List(const v1::ListRequest& request) const {
  UNDERSTUDY_RETURN_IF_ERROR(CheckDeviceId(request.prefix()));
  UNDERSTUDY_ASSIGN_OR_RETURN(const uint32_t page_size, ReadPageSize(request.page_size()));
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string after, ReadToken(request.page_token()));
  if (request.overdue_only()) return ListOverdue(request.prefix(), after, page_size);
  const std::vector<DevicePointer> found =
      directory_.With([&](const DeviceDirectory& directory) {
        return directory.List(request.prefix(), after, page_size + 1);
      });
  v1::ListResponse response;
  for (size_t i = 0; i < std::min<size_t>(found.size(), page_size); ++i) {
    *response.add_devices() =
        EncodeDevice(*found[i], policy_, monitor_.IsOverdue(found[i]->number));
  }
  if (found.size() > page_size) response.set_next_page_token(MakeToken(found[page_size - 1]->id));
  return response;
}

absl::StatusOr<v1::InspectResponse> AdminReads::Inspect(const v1::InspectRequest& request) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(const DevicePointer device, Find(request.device_id()));
  return EncodeInspect(*device, policy_, monitor_.IsOverdue(device->number));
}

absl::StatusOr<v1::GenerationsResponse> AdminReads::Generations(
    const v1::GenerationsRequest& request) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(const DevicePointer device, Find(request.device_id()));
  v1::GenerationsResponse response;
  for (auto kept = device->kept.rbegin(); kept != device->kept.rend(); ++kept) {
    if (request.has_name() && kept->name != request.name()) continue;
    *response.add_generations() = EncodeGeneration(*kept);
  }
  return response;
}

absl::StatusOr<v1::ReadResponse> AdminReads::Read(const v1::ReadRequest& request) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(const DevicePointer device, Find(request.device_id()));
  const Generation* const found =
      request.generation() == 0 ? LatestOf(*device, request.name())
                                : FindGeneration(*device, request.name(), request.generation());
  if (found == nullptr) {
    return MakeError(absl::StatusCode::kNotFound,
                     request.generation() == 0 ? "NO_SUCH_CHECKPOINT" : "GENERATION_NOT_KEPT",
                     absl::StrCat(device->id, " has no such checkpoint"));
  }
  v1::ReadResponse response;
  *response.mutable_info() = EncodeGeneration(*found);
  UNDERSTUDY_ASSIGN_OR_RETURN(*response.mutable_content(),
                              store_.ReadContent(device->number, found->slot));
  return response;
}

v1::GetSummaryResponse AdminReads::Summary() const {
  v1::GetSummaryResponse response;
  directory_.With([&](const DeviceDirectory& directory) {
    const DeviceDirectory::Totals& totals = directory.totals();
    response.set_devices(directory.size());
    response.set_revoked(totals.revoked);
    response.set_cycles(totals.cycles);
    response.set_staged(totals.staged);
    response.set_content_bytes(totals.content_bytes);
    response.set_guess_probability_per_trial(GuessProbability(totals));
  });
  response.set_overdue(monitor_.overdue_count());
  response.set_guesses(calls_.guesses());
  response.set_guess_probability_so_far(
      ChanceOfAnyHit(response.guess_probability_per_trial(), response.guesses()));
  return response;
}

v1::OverdueDevices AdminReads::NameOverdue(const std::vector<DeviceNumber>& overdue) const {
  v1::OverdueDevices named;
  named.set_total(overdue.size());
  directory_.With([&](const DeviceDirectory& directory) {
    for (size_t i = 0; i < std::min(overdue.size(), kMaxOverdueIds); ++i) {
      const DevicePointer device = directory.FindByNumber(overdue[i]);
      if (device != nullptr) named.add_device_ids(device->id);
    }
  });
  return named;
}

}  // namespace understudy::checkpoint_store
