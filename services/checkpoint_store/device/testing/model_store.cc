#include "services/checkpoint_store/device/testing/model_store.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/document/sha256.h"
#include "services/checkpoint_store/delta/delta.h"

namespace understudy::checkpoint_store {
namespace {

std::string Response(int status, std::string_view headers, std::string_view body = "") {
  return absl::StrCat("HTTP/1.1 ", status, " X\r\nContent-Length: ", body.size(), "\r\n",
                      std::string(headers), "\r\n", std::string(body));
}

std::string Refusal(int status, const char* reason) {
  return Response(status, absl::StrCat("Reason: ", reason, "\r\n"), "{\"reason\":\"told\"}\n");
}

std::string Header(std::string_view request, std::string_view name) {
  const size_t head = request.find("\r\n\r\n");
  const std::string wanted = absl::StrCat("\r\n", std::string(name), ": ");
  const size_t at = request.substr(0, head).find(wanted);
  if (at == std::string_view::npos) return "";
  const size_t begin = at + wanted.size();
  return std::string(request.substr(begin, request.find("\r\n", begin) - begin));
}

}  // namespace

void ModelStore::Enrol(const std::string& id, const std::string& content) {
  id_ = id;
  next_ = absl::StrFormat("%032x", ++drawn_);
  kept_[""] = {content, ++generation_, true};
}

std::string ModelStore::Answer(std::string_view request) {
  last_request_ = std::string(request);
  const size_t path = request.find('/');
  const std::string_view whole = request.substr(path + 1, request.find(' ', path) - path - 1);
  const size_t slash = whole.find('/');
  const std::string id(whole.substr(0, slash));
  const std::string name(slash == std::string_view::npos ? "" : whole.substr(slash + 1));
  const bool known = id == id_ || id == next_ || id == dead_;
  if (request.starts_with("HEAD")) return known ? Response(200, "") : Response(404, "");
  if (id.empty() || !known) return Refusal(404, "UNKNOWN_IDENTIFIER");
  if (id == dead_) {
    ++suspicions_;
    return Refusal(410, "DEAD_IDENTIFIER");
  }
  const std::string claim = Header(request, "Claim");
  if (claim_.empty()) claim_ = claim;
  if (claim != claim_) return Refusal(409, "CLAIMED_BY_ANOTHER");
  return request.starts_with("GET") ? OnGet(id, name) : OnPost(id, name, request);
}

std::string ModelStore::OnGet(const std::string& id, const std::string& name) {
  if (id == next_) return Refusal(409, "NOT_STORED_YET");
  if (!staged_.empty()) kept_[name] = {staged_, ++generation_, true};
  staged_.clear();
  const std::string next = absl::StrCat("Next-Id: ", next_, "\r\n");
  if (!kept_.contains(name)) {
    return Response(404, absl::StrCat("Reason: NO_SUCH_CHECKPOINT\r\n", next));
  }
  const Kept& kept = kept_[name];
  return Response(200,
                  absl::StrCat(next, "Generation: ", kept.generation,
                               "\r\nContent-Hash: ", Sha256ToHex(Sha256Of(kept.content)), "\r\n",
                               kept.from_operator ? "Origin: operator\r\n" : ""),
                  kept.content);
}

std::string ModelStore::OnPost(const std::string& id, const std::string& name,
                               std::string_view request) {
  ++posts_;
  std::string content(request.substr(request.find("\r\n\r\n") + 4));
  const std::string stored_headers =
      absl::StrCat("Next-Id: ", next_, "\r\nGeneration: ", generation_, "\r\n");
  if (Header(request, "Content-Type") == "application/vnd.understudy.delta") {
    if (bases_gone_) return Refusal(409, "BASE_NOT_KEPT");
    const auto made = ApplyDelta(kept_[name].content, content, 1 << 20);
    if (!made.ok()) return Refusal(422, "BAD_DELTA");
    content = *made;
  }
  if (Header(request, "Content-Hash") != Sha256ToHex(Sha256Of(content))) {
    return Refusal(422, "HASH_MISMATCH");
  }
  if (id == id_) {
    const bool same = name == last_name_ && kept_[name].content == content;
    return same ? Response(200, stored_headers) : Refusal(409, "ALREADY_STORED");
  }
  dead_ = id_;
  id_ = next_;
  next_ = absl::StrFormat("%032x", ++drawn_);
  kept_[name] = {content, ++generation_, false};
  last_name_ = name;
  return Response(200, absl::StrCat("Next-Id: ", next_, "\r\nGeneration: ", generation_, "\r\n"));
}

}  // namespace understudy::checkpoint_store
