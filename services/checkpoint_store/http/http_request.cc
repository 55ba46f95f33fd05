#include <strings.h>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/checkpoint_store/http/http_face.h"
#include "services/checkpoint_store/request_rules.h"

namespace understudy::checkpoint_store {
namespace {

constexpr std::string_view kDeltaType = "application/vnd.understudy.delta";
constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kGenerationQuery = "generation=";

struct KnownHeader {
  std::string_view name;
  HttpHeader header;
};
constexpr KnownHeader kHeaders[] = {
    {"Authorization", HttpHeader::kAuthorization},
    {"Base-Generation", HttpHeader::kBaseGeneration},
    {"Battery", HttpHeader::kBattery},
    {"Claim", HttpHeader::kClaim},
    {"Content-Hash", HttpHeader::kContentHash},
    {"Content-Type", HttpHeader::kContentType},
    {"Device-Id", HttpHeader::kDeviceId},
    {"If-Generation", HttpHeader::kIfGeneration},
    {"Next-Wake", HttpHeader::kNextWake},
};

absl::Status Invalid(std::string_view reason, const std::string& message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason, message);
}

std::string_view ValueOf(const HttpRequest& request, HttpHeader which) {
  const std::optional<std::string>& value = request.header(which);
  return value.has_value() ? std::string_view(*value) : std::string_view();
}

// The parts of "/ID", "/ID/NAME", "...?generation=N".
struct Target {
  Identifier identifier = {};
  std::string name = {};
  GenerationNumber generation = 0;
};

absl::StatusOr<GenerationNumber> ParseQuery(std::string_view query) {
  if (query.starts_with(kGenerationQuery)) {
    const auto number = ParseNumber(query.substr(kGenerationQuery.size()));
    if (number.has_value() && *number > 0) return *number;
  }
  return Invalid("INVALID_QUERY", "after ? only generation=N is known, N from 1 on");
}

absl::StatusOr<Target> ParseTarget(std::string_view text) {
  Target target;
  const size_t question = text.find('?');
  std::string_view path = text.substr(0, question);
  if (!path.starts_with('/')) return Invalid("INVALID_IDENTIFIER", "a path must begin with /");
  path.remove_prefix(1);
  const size_t slash = path.find('/');
  UNDERSTUDY_ASSIGN_OR_RETURN(target.identifier, Identifier::FromHex(path.substr(0, slash)));
  if (slash != std::string_view::npos) {
    target.name = std::string(path.substr(slash + 1));
    UNDERSTUDY_RETURN_IF_ERROR(CheckName(target.name));
    if (target.name.empty()) return Invalid("INVALID_NAME", "after the second / a name must come");
  }
  if (question == std::string_view::npos) return target;
  UNDERSTUDY_ASSIGN_OR_RETURN(target.generation, ParseQuery(text.substr(question + 1)));
  return target;
}

absl::StatusOr<std::optional<uint64_t>> ParseNumberHeader(const HttpRequest& request,
                                                          HttpHeader which, const char* name) {
  if (!request.header(which).has_value()) return std::optional<uint64_t>();
  const auto number = ParseNumber(ValueOf(request, which));
  if (number.has_value()) return number;
  return Invalid("INVALID_HEADER", absl::StrCat(name, " must be a decimal number"));
}

absl::StatusOr<std::optional<Sha256>> ParseHash(const HttpRequest& request) {
  if (!request.header(HttpHeader::kContentHash).has_value()) return std::optional<Sha256>();
  const auto digest = Sha256FromHex(ValueOf(request, HttpHeader::kContentHash));
  if (digest.has_value()) return digest;
  return Invalid("INVALID_HEADER", "Content-Hash must be 64 hexadecimal digits");
}

// Only GET has a query, and HEAD and PUT are about identifiers alone.
absl::Status CheckShape(const Target& target, bool may_have_name, bool may_have_query) {
  if (!may_have_query && target.generation != 0) {
    return Invalid("INVALID_QUERY", "only GET knows ?generation=N");
  }
  if (!may_have_name && !target.name.empty()) {
    return Invalid("INVALID_NAME", "HEAD and PUT are for /ID alone");
  }
  return absl::OkStatus();
}

absl::StatusOr<DeviceRequest> DecodeProbe(const Target& target) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckShape(target, false, false));
  return Probe{target.identifier};
}

absl::StatusOr<DeviceRequest> DecodeFetch(Target target, HttpRequest request, absl::Time time) {
  Fetch fetch;
  UNDERSTUDY_ASSIGN_OR_RETURN(fetch.claim, ParseClaim(ValueOf(request, HttpHeader::kClaim)));
  fetch.identifier = target.identifier;
  fetch.name = std::move(target.name);
  fetch.generation = target.generation;
  fetch.source = std::move(request.source);
  fetch.time = time;
  return fetch;
}

absl::StatusOr<DeviceRequest> DecodeEnrol(const Target& target, HttpRequest request,
                                          absl::Time time) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckShape(target, false, false));
  Enrol enrol;
  enrol.identifier = target.identifier;
  enrol.device_id = std::string(ValueOf(request, HttpHeader::kDeviceId));
  UNDERSTUDY_RETURN_IF_ERROR(CheckDeviceId(enrol.device_id));
  enrol.content_type = std::string(ValueOf(request, HttpHeader::kContentType));
  UNDERSTUDY_RETURN_IF_ERROR(CheckContentType(enrol.content_type));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto told, ParseHash(request));
  UNDERSTUDY_ASSIGN_OR_RETURN(enrol.sha256, CheckContentHash(request.body, told));
  enrol.content = std::move(request.body);
  enrol.time = time;
  return enrol;
}

// The headers that tell of the device.
absl::Status DecodeStoreHeaders(const HttpRequest& request, Store& store) {
  UNDERSTUDY_ASSIGN_OR_RETURN(store.claim, ParseClaim(ValueOf(request, HttpHeader::kClaim)));
  UNDERSTUDY_ASSIGN_OR_RETURN(
      store.expected_generation,
      ParseNumberHeader(request, HttpHeader::kIfGeneration, "If-Generation"));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto next_wake,
                              ParseNumberHeader(request, HttpHeader::kNextWake, "Next-Wake"));
  UNDERSTUDY_RETURN_IF_ERROR(CheckNextWake(next_wake.value_or(0)));
  store.next_wake = static_cast<uint32_t>(next_wake.value_or(0));
  if (!request.header(HttpHeader::kBattery).has_value()) return absl::OkStatus();
  UNDERSTUDY_ASSIGN_OR_RETURN(store.battery, ParseBattery(ValueOf(request, HttpHeader::kBattery)));
  return absl::OkStatus();
}

absl::Status DecodeContent(HttpRequest request, Store& store) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto told, ParseHash(request));
  const std::string_view type = ValueOf(request, HttpHeader::kContentType);
  if (type == kDeltaType) {
    UNDERSTUDY_ASSIGN_OR_RETURN(
        store.base_generation,
        ParseNumberHeader(request, HttpHeader::kBaseGeneration, "Base-Generation"));
    if (!store.base_generation.has_value() || !told.has_value()) {
      return Invalid("INVALID_HEADER", "a delta needs Base-Generation and Content-Hash");
    }
    store.sha256 = *told;
  } else {
    UNDERSTUDY_RETURN_IF_ERROR(CheckContentType(type));
    UNDERSTUDY_ASSIGN_OR_RETURN(store.sha256, CheckContentHash(request.body, told));
    store.content_type = std::string(type);
  }
  store.content = std::move(request.body);
  return absl::OkStatus();
}

absl::StatusOr<DeviceRequest> DecodeStore(Target target, HttpRequest request, absl::Time time) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckShape(target, true, false));
  Store store;
  store.identifier = target.identifier;
  store.name = std::move(target.name);
  store.time = time;
  UNDERSTUDY_RETURN_IF_ERROR(DecodeStoreHeaders(request, store));
  store.source = std::move(request.source);
  UNDERSTUDY_RETURN_IF_ERROR(DecodeContent(std::move(request), store));
  return store;
}

}  // namespace

void HttpRequest::AddHeader(std::string_view name, std::string_view value) {
  for (const KnownHeader& known : kHeaders) {
    if (known.name.size() != name.size()) continue;
    if (strncasecmp(known.name.data(), name.data(), name.size()) != 0) continue;
    std::optional<std::string>& place = headers[static_cast<size_t>(known.header)];
    has_repeated_header |= place.has_value();
    place = std::string(value);
    return;
  }
}

absl::StatusOr<DeviceRequest> DecodeRequest(HttpRequest request, absl::Time time) {
  const std::string method = request.method;
  const bool is_known =
      method == "HEAD" || method == "GET" || method == "POST" || method == "PUT";
  if (!is_known) {
    return MakeError(absl::StatusCode::kUnimplemented, "METHOD_NOT_ALLOWED",
                     "only HEAD, GET, POST and PUT are known");
  }
  if (request.has_repeated_header) {
    return Invalid("INVALID_HEADER", "a header that has a meaning here came twice");
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(Target target, ParseTarget(request.target));
  if (method == "HEAD") return DecodeProbe(target);
  if (method == "GET") return DecodeFetch(std::move(target), std::move(request), time);
  if (method == "PUT") return DecodeEnrol(target, std::move(request), time);
  return DecodeStore(std::move(target), std::move(request), time);
}

std::string_view BearerToken(const HttpRequest& request) {
  const std::string_view value = ValueOf(request, HttpHeader::kAuthorization);
  return value.starts_with(kBearer) ? value.substr(kBearer.size()) : std::string_view();
}

}  // namespace understudy::checkpoint_store
