#include "services/config_vault/etcd/etcd_errors.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::config_vault::etcd {
namespace {

absl::Status Error(absl::StatusCode code, std::string_view reason, const absl::Status& error) {
  return MakeError(code, reason, absl::StrCat("etcd: ", std::string(error.message())));
}

bool Says(const absl::Status& error, std::string_view words) {
  return std::string_view(error.message().data(), error.message().size()).find(words) !=
         std::string_view::npos;
}

// etcd, and gRPC on either side, say it in different words.
bool IsTooLarge(const absl::Status& error) {
  return Says(error, "request is too large") || Says(error, "too many operations in txn") ||
         Says(error, "larger than max");
}

}  // namespace

absl::Status FromEtcd(const absl::Status& error) {
  if (IsTooLarge(error)) {
    return Error(absl::StatusCode::kResourceExhausted, "ETCD_REQUEST_TOO_LARGE", error);
  }
  if (Says(error, "database space exceeded")) {
    return Error(absl::StatusCode::kResourceExhausted, "ETCD_NO_SPACE", error);
  }
  switch (error.code()) {
    case absl::StatusCode::kOutOfRange:
      return Error(absl::StatusCode::kOutOfRange, "COMPACTED", error);
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return Error(absl::StatusCode::kInternal, "ETCD_ERROR", error);
    default:
      return Error(absl::StatusCode::kUnavailable, "ETCD_UNREACHABLE", error);
  }
}

bool IsOutcomeUnknown(const absl::Status& error) {
  return ErrorReason(error) == "ETCD_UNREACHABLE";
}

absl::Status Compacted(int64_t compact_revision) {
  return MakeError(
      absl::StatusCode::kOutOfRange, "COMPACTED",
      absl::StrCat("etcd has forgotten its history before revision ", compact_revision),
      {{"compact_revision", absl::StrCat(compact_revision)}});
}

absl::Status ClusterChanged(uint64_t expected, uint64_t found) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "CLUSTER_CHANGED",
                   absl::StrCat("expected the etcd cluster ", absl::Hex(expected), ", found ",
                                absl::Hex(found)));
}

}  // namespace understudy::config_vault::etcd
