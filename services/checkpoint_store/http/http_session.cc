#include "services/checkpoint_store/http/http_session.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>
#include <string>
#include <utility>

#include "common/status/status.h"
#include "services/checkpoint_store/http/beast_request.h"
#include "services/checkpoint_store/http/http_transport.h"
#include "services/checkpoint_store/http/peer_certificate.h"

namespace understudy::checkpoint_store {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using boost::system::error_code;
using Progress = HttpTransport::Progress;
using Socket = asio::ip::tcp::socket;
using RequestParser = http::request_parser<http::string_body>;

constexpr size_t kMaxHeaderBytes = 8 << 10;
constexpr size_t kReadBytes = 4 << 10;
// Enough for the head of most answers.
constexpr size_t kHeadBytes = 512;
// A buffer that grew beyond this for a large request is not kept for the next one.
constexpr size_t kKeptBufferBytes = 64 << 10;
// A silent connection keeps its memory so long, for a request that may follow.
constexpr absl::Duration kKeepMemory = absl::Seconds(1);
constexpr char kContinueAnswer[] = "HTTP/1.1 100 Continue\r\n\r\n";

// What is answered to something that the library could not read; nothing: just close.
std::optional<HttpAnswer> AnswerBroken(const error_code& error) {
  const auto answer = [](absl::StatusCode code, const char* reason, const char* message) {
    return AnswerError(MakeError(code, reason, message));
  };
  if (error == http::error::body_limit) {
    return answer(absl::StatusCode::kInvalidArgument, "CHECKPOINT_TOO_LARGE",
                  "the body is larger than a checkpoint may be");
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return answer(absl::StatusCode::kInvalidArgument, "HEADERS_TOO_LARGE",
                  "the headers are larger than 8 KiB");
  }
  if (error.category() != http::make_error_code(http::error::bad_version).category()) return {};
  return answer(absl::StatusCode::kInvalidArgument, "BAD_REQUEST", "this is no HTTP/1.1 request");
}

struct ResponseStyle {
  unsigned version = 11;
  bool keep_alive = true;
  bool has_body = true;
};

// The whole response as it is sent.
std::string Serialize(HttpAnswer answer, const ResponseStyle& style) {
  http::response<http::empty_body> response;
  response.result(static_cast<unsigned>(answer.status));
  response.version(style.version);
  response.keep_alive(style.keep_alive);
  for (const auto& [name, value] : answer.headers) {
    response.set({name.data(), name.size()}, value);
  }
  if (!answer.content_type.empty()) response.set(http::field::content_type, answer.content_type);
  if (!style.has_body) answer.body.clear();
  response.content_length(answer.body.size());
  // What http::serializer uses; its own steps, made for buffers that are sent in pieces, cost
  // several times as much.
  http::fields::writer head(response, response.version(), response.result_int());
  const auto lines = head.get();
  std::string text;
  text.reserve(kHeadBytes + answer.body.size());
  for (const asio::const_buffer buffer : beast::buffers_range_ref(lines)) {
    text.append(static_cast<const char*>(buffer.data()), buffer.size());
  }
  text += answer.body;
  return text;
}

// One connection. Kept alive by what it waits for; each step has a time limit, which the worker's
// sweep enforces.
class Session final : public HttpConnection, public std::enable_shared_from_this<Session> {
 public:
  Session(HttpWorker& worker, Socket socket, std::string source,
          std::shared_ptr<asio::ssl::context> tls)
      : worker_(worker),
        context_(worker.context()),
        source_(std::move(source)),
        tls_(std::move(tls)),
        socket_(std::move(socket)) {
    error_code ignored;
    socket_.native_non_blocking(true, ignored);
    transport_ = tls_ == nullptr
                     ? MakePlainTransport(socket_.native_handle())
                     : MakeTlsTransport(socket_.native_handle(), tls_->native_handle());
    worker_.Add(*this);
    context_.metrics.connections.Add(1);
  }
  ~Session() override {
    context_.metrics.connections.Add(-1);
    context_.limits.Leave(source_);
    worker_.Remove(*this);
  }

  void Start() {
    Limit(context_.options.header_timeout);
    Handshake();
  }

  void OnSweep(SteadyTime now) override {
    if (step_ == Step::kIdle && now - idle_since_ >= kKeepMemory) ReleaseMemory();
    if (now < deadline_) return;
    context_.metrics.connections_timed_out.Add();
    if (step_ != Step::kHeader && step_ != Step::kBody) return Close();
    // Tell, if the other side listens; the next deadline closes it in any case.
    keep_alive_ = false;
    Send(AnswerError(MakeError(absl::StatusCode::kDeadlineExceeded, "REQUEST_TIMEOUT",
                               "the request did not come in time")));
  }
  void Drain() override {
    if (step_ != Step::kWorking && step_ != Step::kSending) Close();
  }
  // The socket itself stays until the end, so that its number belongs to nobody else before.
  void Close() override {
    step_ = Step::kClosed;
    Limit(SteadyTime::Infinite());
    error_code ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.cancel(ignored);
  }

 private:
  enum class Step { kHandshake, kIdle, kHeader, kContinue, kBody, kWorking, kSending, kLeaving,
                    kClosed };

  void Limit(absl::Duration duration) { deadline_ = context_.clock.SteadyNow() + duration; }
  void Limit(SteadyTime deadline) { deadline_ = deadline; }

  // Many devices may be silent at a time: each would keep some 40 KiB.
  void ReleaseMemory() {
    if (buffer_.size() == 0) buffer_ = {};
    transport_->ReleaseMemory();
  }

  // Goes on with the step that could not go on.
  void Proceed() {
    switch (step_) {
      case Step::kHandshake:
        return Handshake();
      case Step::kIdle:
      case Step::kHeader:
      case Step::kBody:
        return Receive();
      case Step::kContinue:
      case Step::kSending:
        return Write();
      case Step::kLeaving:
        return Leave();
      case Step::kWorking:
      case Step::kClosed:
        return;
    }
  }

  // Proceeds when the socket lets it. What was waited for before is forgotten.
  void Wait(Progress wanted) {
    const auto kind = wanted == Progress::kWantsWrite ? Socket::wait_write : Socket::wait_read;
    socket_.async_wait(kind, [self = this->shared_from_this(),
                              number = ++waits_](const error_code& error) {
      if (error || number != self->waits_) return;
      self->Proceed();
    });
  }

  static bool MustWait(Progress progress) {
    return progress == Progress::kWantsRead || progress == Progress::kWantsWrite;
  }

  void Handshake() {
    const Progress progress = transport_->Handshake();
    if (MustWait(progress)) return Wait(progress);
    if (progress != Progress::kDone) {
      context_.metrics.handshakes_failed.Add();
      return Close();
    }
    if (SSL* const tls = transport_->tls()) {
      (SSL_session_reused(tls) != 0 ? context_.metrics.handshakes_resumed
                                    : context_.metrics.handshakes_full)
          .Add();
      peer_.certificate_name = PeerCommonName(tls);
    }
    AwaitRequest();
  }

  // Waits for the first bytes of a request, or goes on with what a pipelining client sent before:
  // in a turn of its own, so that many requests in one buffer are no deep recursion.
  void AwaitRequest() {
    if (worker_.is_draining()) return Close();
    if (buffer_.capacity() > kKeptBufferBytes && buffer_.size() == 0) buffer_ = {};
    step_ = Step::kIdle;
    idle_since_ = context_.clock.SteadyNow();
    Limit(idle_since_ + context_.options.idle_timeout);
    if (buffer_.size() == 0 && !transport_->has_pending()) return Wait(Progress::kWantsRead);
    asio::post(worker_.io(), [self = this->shared_from_this(), number = ++waits_] {
      if (number == self->waits_) self->Proceed();
    });
  }

  // Reads and parses until there is a whole request, or nothing more to read.
  void Receive() {
    if (buffer_.size() > 0 && !Parse()) return;
    for (;;) {
      size_t moved = 0;
      const asio::mutable_buffer room = buffer_.prepare(kReadBytes);
      const Progress progress =
          transport_->Read(static_cast<char*>(room.data()), room.size(), moved);
      if (MustWait(progress)) return Wait(progress);
      if (progress != Progress::kDone) return Close();
      buffer_.commit(moved);
      if (!Parse()) return;
    }
  }

  void BeginRequest() {
    step_ = Step::kHeader;
    Limit(context_.options.header_timeout);
    is_head_ = false;
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    parser_->body_limit(context_.options.max_body_bytes);
  }

  // Takes what is in the buffer. True when more must be read.
  bool Parse() {
    if (step_ == Step::kIdle) BeginRequest();
    while (!parser_->is_done()) {
      if (buffer_.size() == 0) return true;
      error_code error;
      buffer_.consume(parser_->put(buffer_.data(), error));
      if (error == http::error::need_more) return true;
      if (error) return OnBroken(error), false;
      if (step_ == Step::kHeader && parser_->is_header_done() && !OnHeader()) return false;
    }
    OnRequest();
    return false;
  }

  // Whether the body may be read at once.
  bool OnHeader() {
    step_ = Step::kBody;
    Limit(context_.options.body_timeout);
    parser_->eager(true);
    if (parser_->is_done()) return true;
    if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return true;
    step_ = Step::kContinue;
    output_.assign(kContinueAnswer, sizeof(kContinueAnswer) - 1);
    sent_ = 0;
    Write();
    return false;
  }

  void OnBroken(const error_code& error) {
    std::optional<HttpAnswer> answer = AnswerBroken(error);
    if (!answer.has_value()) return Close();
    context_.metrics.bad_requests.Add();
    keep_alive_ = false;
    Send(*std::move(answer));
  }

  void OnRequest() {
    step_ = Step::kWorking;
    Limit(SteadyTime::Infinite());
    auto& message = parser_->get();
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    is_head_ = message.method() == http::verb::head;
    context_.handler.Handle(
        TakeRequest(message, source_), peer_,
        [self = this->shared_from_this()](HttpAnswer answer) mutable {
          Session& session = *self;
          asio::dispatch(session.worker_.io(),
                         [self = std::move(self), answer = std::move(answer)]() mutable {
                           if (self->step_ == Step::kWorking) self->Send(std::move(answer));
                         });
        });
  }

  void Send(HttpAnswer answer) {
    step_ = Step::kSending;
    Limit(context_.options.body_timeout);
    keep_alive_ = keep_alive_ && !worker_.is_draining();
    output_ = Serialize(std::move(answer), {version_, keep_alive_, !is_head_});
    sent_ = 0;
    Write();
  }

  void Write() {
    while (sent_ < output_.size()) {
      size_t moved = 0;
      const Progress progress =
          transport_->Write(std::string_view(output_).substr(sent_), moved);
      if (MustWait(progress)) return Wait(progress);
      if (progress != Progress::kDone) return Close();
      sent_ += moved;
    }
    output_ = {};
    if (step_ == Step::kSending) return OnSent();
    step_ = Step::kBody;
    Receive();
  }

  void OnSent() {
    if (keep_alive_) return AwaitRequest();
    // Closing takes the answer away from one who still sends, and the session from one with TLS.
    if (parser_->is_done() && transport_->tls() == nullptr) return Close();
    step_ = Step::kLeaving;
    Limit(context_.options.header_timeout);
    Leave();
  }

  void Leave() {
    const Progress progress = transport_->Leave();
    MustWait(progress) ? Wait(progress) : Close();
  }

  HttpWorker& worker_;
  const HttpContext& context_;
  const std::string source_;
  // Outlives the connection that was made with it, also when the server takes up another.
  const std::shared_ptr<asio::ssl::context> tls_;
  Socket socket_;
  std::unique_ptr<HttpTransport> transport_;
  HttpPeer peer_;
  beast::flat_buffer buffer_;
  std::optional<RequestParser> parser_;
  std::string output_;
  size_t sent_ = 0;
  SteadyTime deadline_ = SteadyTime::Infinite();
  SteadyTime idle_since_;
  Step step_ = Step::kHandshake;
  // Of the latest one.
  uint64_t waits_ = 0;
  bool keep_alive_ = true;
  bool is_head_ = false;
  unsigned version_ = 11;
};

}  // namespace

void ServeConnection(HttpWorker& worker, Socket socket, std::string source,
                     std::shared_ptr<asio::ssl::context> tls) {
  std::make_shared<Session>(worker, std::move(socket), std::move(source), std::move(tls))->Start();
}

}  // namespace understudy::checkpoint_store
