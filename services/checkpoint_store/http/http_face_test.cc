#include "services/checkpoint_store/http/http_face.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/status/status.h"
#include "services/checkpoint_store/testing/checkpoint_harness.h"

namespace understudy::checkpoint_store {
namespace {

constexpr char kId[] = "00112233445566778899aabbccddeeff";

HttpRequest MakeRequest(const std::string& method, const std::string& target,
                        const std::map<std::string, std::string>& headers = {},
                        const std::string& body = "") {
  HttpRequest request;
  request.method = method;
  request.target = target;
  request.body = body;
  request.source = "192.0.2.1";
  for (const auto& [name, value] : headers) request.AddHeader(name, value);
  return request;
}

template <typename Request>
Request Decoded(HttpRequest request) {
  auto decoded = DecodeRequest(std::move(request), absl::FromUnixSeconds(7));
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  return std::get<Request>(*std::move(decoded));
}

std::string ReasonOf(HttpRequest request) {
  return ErrorReason(DecodeRequest(std::move(request), absl::UnixEpoch()).status());
}

std::string HeaderOf(const HttpAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return "";
}

const std::string kPath = std::string("/") + kId;

TEST(HttpRequestTest, HeadAsksForTheIdentifierAlone) {
  EXPECT_EQ(Decoded<Probe>(MakeRequest("HEAD", kPath)).identifier.ToHex(), kId);
  EXPECT_EQ(ReasonOf(MakeRequest("HEAD", kPath + "/night")), "INVALID_NAME");
  EXPECT_EQ(ReasonOf(MakeRequest("HEAD", kPath + "?generation=1")), "INVALID_QUERY");
}

TEST(HttpRequestTest, GetMayNameACheckpointAndAGeneration) {
  const Fetch fetch = Decoded<Fetch>(
      MakeRequest("GET", kPath + "/night?generation=41", {{"claim", "00112233"}}));
  EXPECT_EQ(fetch.name, "night");
  EXPECT_EQ(fetch.generation, 41u);
  EXPECT_EQ(fetch.claim.ToHex(), "00112233");
  EXPECT_EQ(fetch.source, "192.0.2.1");
  EXPECT_EQ(fetch.time, absl::FromUnixSeconds(7));
  EXPECT_EQ(Decoded<Fetch>(MakeRequest("GET", kPath)).generation, 0u);
}

TEST(HttpRequestTest, WhatIsNoIdentifierNameOrQueryIsRefused) {
  for (const char* target : {"", "/", "//", "/xyz", "/0011223", "/00112233445566778899AABBCCDDEEFF",
                             "/favicon.ico", "00112233"}) {
    EXPECT_EQ(ReasonOf(MakeRequest("GET", target)), "INVALID_IDENTIFIER") << target;
  }
  for (const char* rest : {"/", "/Night", "/a/b", "/%6e", "/123456789012345678901234567890123"}) {
    EXPECT_EQ(ReasonOf(MakeRequest("GET", kPath + rest)), "INVALID_NAME") << rest;
  }
  for (const char* query : {"?", "?generation=", "?generation=0", "?generation=-1", "?x=1",
                            "?generation=99999999999999999999", "?generation=1&x"}) {
    EXPECT_EQ(ReasonOf(MakeRequest("GET", kPath + query)), "INVALID_QUERY") << query;
  }
}

TEST(HttpRequestTest, PostCarriesTheCheckpointAndWhatIsTold) {
  const Store store = Decoded<Store>(MakeRequest("POST", kPath + "/day",
                                                 {{"Content-Type", "application/cbor"},
                                                  {"If-Generation", "40"},
                                                  {"Battery", "87.5%,2950mV"},
                                                  {"Next-Wake", "20"},
                                                  {"CLAIM", "aabbccdd"},
                                                  {"X-Other", "ignored"}},
                                                 "content"));
  EXPECT_EQ(store.name, "day");
  EXPECT_EQ(store.content, "content");
  EXPECT_EQ(store.content_type, "application/cbor");
  EXPECT_EQ(store.sha256, Sha256Of("content"));
  EXPECT_EQ(store.expected_generation, 40u);
  EXPECT_EQ(store.battery.percent, 87.5F);
  EXPECT_EQ(store.battery.millivolts, 2950);
  EXPECT_EQ(store.next_wake, 20u);
  EXPECT_EQ(store.claim.ToHex(), "aabbccdd");
}

TEST(HttpRequestTest, AHashThatIsToldIsChecked) {
  const std::string good = Sha256ToHex(Sha256Of("content"));
  EXPECT_EQ(Decoded<Store>(MakeRequest("POST", kPath, {{"Content-Hash", good}}, "content")).content,
            "content");
  EXPECT_EQ(ReasonOf(MakeRequest("POST", kPath, {{"Content-Hash", good}}, "other")),
            "HASH_MISMATCH");
  EXPECT_EQ(ReasonOf(MakeRequest("POST", kPath, {{"Content-Hash", "12"}}, "other")),
            "INVALID_HEADER");
}

TEST(HttpRequestTest, ADeltaNeedsItsBaseAndTheHashOfTheResult) {
  const std::string type = "application/vnd.understudy.delta";
  const std::string hash(64, 'a');
  const Store store = Decoded<Store>(MakeRequest(
      "POST", kPath, {{"Content-Type", type}, {"Base-Generation", "3"}, {"Content-Hash", hash}},
      "delta"));
  EXPECT_EQ(store.base_generation, 3u);
  EXPECT_EQ(Sha256ToHex(store.sha256), hash);
  EXPECT_EQ(ReasonOf(MakeRequest("POST", kPath, {{"Content-Type", type}}, "delta")),
            "INVALID_HEADER");
}

TEST(HttpRequestTest, WrongHeadersAreRefused) {
  const auto reason = [](const char* name, const char* value) {
    return ReasonOf(MakeRequest("POST", kPath, {{name, value}}, "x"));
  };
  EXPECT_EQ(reason("Battery", "87"), "INVALID_BATTERY");
  EXPECT_EQ(reason("Battery", "101%"), "INVALID_BATTERY");
  EXPECT_EQ(reason("Battery", "5%,6%"), "INVALID_BATTERY");
  EXPECT_EQ(reason("Battery", "70000mV"), "INVALID_BATTERY");
  EXPECT_EQ(reason("Next-Wake", "31622401"), "INVALID_NEXT_WAKE");
  EXPECT_EQ(reason("Next-Wake", "soon"), "INVALID_HEADER");
  EXPECT_EQ(reason("If-Generation", "\"1\""), "INVALID_HEADER");
  EXPECT_EQ(reason("Claim", "xyz"), "INVALID_CLAIM");
  EXPECT_EQ(reason("Content-Type", "a\tb"), "INVALID_CONTENT_TYPE");
}

TEST(HttpRequestTest, AHeaderThatComesTwiceIsRefused) {
  HttpRequest request = MakeRequest("POST", kPath);
  request.AddHeader("Claim", "00112233");
  request.AddHeader("claim", "44556677");
  EXPECT_EQ(ReasonOf(std::move(request)), "INVALID_HEADER");
}

TEST(HttpRequestTest, PutNamesTheDevice) {
  const Enrol enrol =
      Decoded<Enrol>(MakeRequest("PUT", kPath, {{"Device-Id", "meter-1"}}, "factory"));
  EXPECT_EQ(enrol.device_id, "meter-1");
  EXPECT_EQ(enrol.content, "factory");
  EXPECT_EQ(ReasonOf(MakeRequest("PUT", kPath, {{"Device-Id", "a b"}})), "INVALID_DEVICE_ID");
  EXPECT_EQ(ReasonOf(MakeRequest("PUT", kPath + "/night")), "INVALID_NAME");
}

TEST(HttpRequestTest, OtherMethodsAreRefused) {
  EXPECT_EQ(ReasonOf(MakeRequest("DELETE", kPath)), "METHOD_NOT_ALLOWED");
  EXPECT_EQ(ReasonOf(MakeRequest("get", kPath)), "METHOD_NOT_ALLOWED");
}

TEST(HttpRequestTest, TakesTheBearerTokenOutOfItsHeader) {
  EXPECT_EQ(BearerToken(MakeRequest("PUT", kPath, {{"Authorization", "Bearer t1"}})), "t1");
  EXPECT_EQ(BearerToken(MakeRequest("PUT", kPath, {{"Authorization", "Basic t1"}})), "");
  EXPECT_EQ(BearerToken(MakeRequest("PUT", kPath)), "");
}

TEST(HttpAnswerTest, AFetchTellsNextGenerationHashTypeAndOrigin) {
  FetchOutcome outcome;
  outcome.next = MakeIdentifier("next");
  outcome.info.number = 41;
  outcome.info.sha256 = Sha256Of("content");
  const HttpAnswer answer = AnswerFetch(outcome, "content");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(HeaderOf(answer, "Next-Id"), outcome.next.ToHex());
  EXPECT_EQ(HeaderOf(answer, "Generation"), "41");
  EXPECT_EQ(HeaderOf(answer, "Content-Hash"), Sha256ToHex(outcome.info.sha256));
  EXPECT_EQ(HeaderOf(answer, "Origin"), "");
  EXPECT_EQ(answer.content_type, "application/octet-stream");
  EXPECT_EQ(answer.body, "content");
  outcome.info.origin = Origin::kOperator;
  EXPECT_EQ(HeaderOf(AnswerFetch(outcome, ""), "Origin"), "operator");
}

TEST(HttpAnswerTest, AnErrorHasItsReasonItsFactsAndAMessage) {
  const HttpAnswer answer = AnswerError(
      MakeError(absl::StatusCode::kNotFound, "GENERATION_NOT_KEPT", "a \"message\"",
                {{"next_identifier", "abcd"}, {"other", "left out"}}));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(HeaderOf(answer, "Reason"), "GENERATION_NOT_KEPT");
  EXPECT_EQ(HeaderOf(answer, "Next-Id"), "abcd");
  EXPECT_EQ(answer.headers.size(), 2u);
  EXPECT_EQ(answer.body,
            "{\"message\":\"a \\\"message\\\"\",\"reason\":\"GENERATION_NOT_KEPT\"}\n");
}

TEST(HttpAnswerTest, WhoIsRefusedForNowIsToldWhenToComeBack) {
  const auto answer = [](absl::StatusCode code, const char* reason, ErrorMetadataMap facts = {}) {
    return AnswerError(MakeError(code, reason, "", facts));
  };
  const HttpAnswer guarded = answer(absl::StatusCode::kResourceExhausted, "TOO_MANY_GUESSES",
                                    {{"retry_after_seconds", "4"}});
  EXPECT_EQ(guarded.status, 429);
  EXPECT_EQ(HeaderOf(guarded, "Retry-After"), "4");
  EXPECT_EQ(HeaderOf(answer(absl::StatusCode::kResourceExhausted, "OVERLOADED"), "Retry-After"),
            "1");
}

TEST(HttpAnswerTest, StatusesFollowTheProtocol) {
  const std::map<std::string, int> expected = {
      {"INVALID_IDENTIFIER", 400},   {"NOT_AUTHENTICATED", 401}, {"UNKNOWN_IDENTIFIER", 404},
      {"METHOD_NOT_ALLOWED", 405},   {"REQUEST_TIMEOUT", 408},   {"NOT_STORED_YET", 409},
      {"DEAD_IDENTIFIER", 410},      {"GENERATION_MISMATCH", 412}, {"CHECKPOINT_TOO_LARGE", 413},
      {"BAD_DELTA", 422},            {"BLOCKED", 429},           {"HEADERS_TOO_LARGE", 431},
      {"SHUTTING_DOWN", 503},        {"DISK_FULL", 507},         {"SOMETHING_ELSE", 500}};
  for (const auto& [reason, status] : expected) {
    EXPECT_EQ(AnswerError(MakeError(absl::StatusCode::kUnknown, reason, "")).status, status)
        << reason;
  }
}

}  // namespace
}  // namespace understudy::checkpoint_store
