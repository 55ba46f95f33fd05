#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/checkpoint_store/http/http_face.h"

namespace understudy::checkpoint_store {
namespace {

constexpr size_t kMaxMessageBytes = 384;

struct KnownReason {
  std::string_view reason;
  int status;
};
constexpr KnownReason kReasons[] = {
    {"INVALID_IDENTIFIER", 400},   {"INVALID_NAME", 400},         {"INVALID_HEADER", 400},
    {"INVALID_QUERY", 400},        {"BAD_REQUEST", 400},          {"INVALID_DEVICE_ID", 400},
    {"INVALID_CONTENT_TYPE", 400}, {"INVALID_NEXT_WAKE", 400},    {"INVALID_CLAIM", 400},
    {"INVALID_BATTERY", 400},      {"NOT_AUTHENTICATED", 401},    {"UNKNOWN_IDENTIFIER", 404},
    {"NO_SUCH_CHECKPOINT", 404},   {"GENERATION_NOT_KEPT", 404},  {"METHOD_NOT_ALLOWED", 405},
    {"REQUEST_TIMEOUT", 408},      {"IDENTIFIER_TAKEN", 409},     {"DEVICE_EXISTS", 409},
    {"NOT_STORED_YET", 409},       {"ALREADY_STORED", 409},       {"BASE_NOT_KEPT", 409},
    {"CLAIMED_BY_ANOTHER", 409},   {"DEAD_IDENTIFIER", 410},      {"DEVICE_REVOKED", 410},
    {"GENERATION_MISMATCH", 412},  {"CHECKPOINT_TOO_LARGE", 413}, {"HASH_MISMATCH", 422},
    {"BAD_DELTA", 422},            {"IDENTIFIER_TOO_SHORT", 422}, {"TOO_MANY_NAMES", 422},
    {"TOO_MANY_GUESSES", 429},     {"BLOCKED", 429},              {"HEADERS_TOO_LARGE", 431},
    {"OVERLOADED", 503},           {"DISK_ERROR", 503},           {"SHUTTING_DOWN", 503},
    {"CONTENT_NOT_FOUND", 503},    {"DISK_FULL", 507},           {"TOO_MANY_DEVICES", 507},
};

// The facts of errors that become headers.
struct KnownFact {
  const char* key;
  std::string_view header;
};
constexpr KnownFact kFacts[] = {{"next_identifier", "Next-Id"},
                                {"current_generation", "Generation"},
                                {"retry_after_seconds", "Retry-After"}};

int StatusOf(std::string_view reason) {
  for (const KnownReason& known : kReasons) {
    if (known.reason == reason) return known.status;
  }
  return 500;
}

std::string BodyOf(const std::string& reason, std::string_view message) {
  const nlohmann::json body = {{"reason", reason},
                               {"message", std::string(message.substr(0, kMaxMessageBytes))}};
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

HttpAnswer AnswerProbe(bool taken) { return {.status = taken ? 200 : 404}; }

HttpAnswer AnswerEnrol(const EnrolOutcome& outcome) {
  return {.status = 201,
          .headers = {{"Device-Id", outcome.device_id},
                      {"Generation", absl::StrCat(outcome.generation)}}};
}

HttpAnswer AnswerFetch(const FetchOutcome& outcome, std::string content) {
  const Generation& info = outcome.info;
  HttpAnswer answer{.headers = {{"Next-Id", outcome.next.ToHex()},
                                {"Generation", absl::StrCat(info.number)},
                                {"Content-Hash", Sha256ToHex(info.sha256)}},
                    .content_type = info.content_type.empty() ? std::string(kDefaultContentType)
                                                              : info.content_type,
                    .body = std::move(content)};
  if (info.origin == Origin::kOperator) answer.headers.emplace_back("Origin", "operator");
  return answer;
}

HttpAnswer AnswerStore(const StoreOutcome& outcome) {
  return {.headers = {{"Next-Id", outcome.next.ToHex()},
                      {"Generation", absl::StrCat(outcome.generation)}}};
}

HttpAnswer AnswerError(const absl::Status& error) {
  const std::string reason = ErrorReason(error);
  HttpAnswer answer{.status = StatusOf(reason)};
  answer.headers.emplace_back("Reason", reason.empty() ? "INTERNAL" : reason);
  const ErrorMetadataMap facts = ErrorMetadata(error);
  for (const KnownFact& known : kFacts) {
    const auto fact = facts.find(known.key);
    if (fact != facts.end()) answer.headers.emplace_back(known.header, fact->second);
  }
  if (answer.status == 503 && facts.find("retry_after_seconds") == facts.end()) {
    answer.headers.emplace_back("Retry-After", "1");
  }
  if (answer.status == 401) answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (answer.status == 405) answer.headers.emplace_back("Allow", "HEAD, GET, POST, PUT");
  answer.content_type = "application/json";
  const absl::string_view message = error.message();
  answer.body = BodyOf(reason, {message.data(), message.size()});
  return answer;
}

}  // namespace understudy::checkpoint_store
