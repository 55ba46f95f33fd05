#include "services/checkpoint_store/http/http_session.h"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>
#include <utility>

#include "common/status/status.h"
#include "services/checkpoint_store/http/beast_request.h"
#include "services/checkpoint_store/http/peer_certificate.h"

namespace understudy::checkpoint_store {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using boost::system::error_code;
using Socket = asio::ip::tcp::socket;
using TlsStream = beast::ssl_stream<Socket>;

constexpr size_t kMaxHeaderBytes = 8 << 10;
constexpr size_t kReadBytes = 4 << 10;
// A buffer that grew beyond this for a large request is not kept for the next one.
constexpr size_t kKeptBufferBytes = 64 << 10;
constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";

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
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
  if (error.category() != http::make_error_code(http::error::bad_version).category()) return {};
  return answer(absl::StatusCode::kInvalidArgument, "BAD_REQUEST", "this is no HTTP/1.1 request");
}

// One connection. Kept alive by the operation under way; each step has a time limit, which the
// worker's sweep enforces.
template <typename Stream>
class Session final : public HttpConnection, public std::enable_shared_from_this<Session<Stream>> {
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

 public:
  template <typename... StreamArguments>
  Session(HttpWorker& worker, std::string source, std::shared_ptr<asio::ssl::context> tls,
          StreamArguments&&... arguments)
      : worker_(worker),
        context_(worker.context()),
        source_(std::move(source)),
        tls_(std::move(tls)),
        stream_(std::forward<StreamArguments>(arguments)...) {
    worker_.Add(*this);
    context_.metrics.connections.Add(1);
  }
  ~Session() override {
    context_.metrics.connections.Add(-1);
    context_.limits.Leave(source_);
    worker_.Remove(*this);
  }

  void Start() {
    if constexpr (kIsTls) {
      Handshake();
    } else {
      AwaitRequest();
    }
  }

  void CloseIfLate(SteadyTime now) override {
    if (now < deadline_) return;
    context_.metrics.connections_timed_out.Add();
    if (!is_reading_request_) return Close();
    // Tell, if the other side listens; the next deadline closes it in any case.
    is_reading_request_ = false;
    keep_alive_ = false;
    Send(AnswerError(MakeError(absl::StatusCode::kDeadlineExceeded, "REQUEST_TIMEOUT",
                               "the request did not come in time")));
  }
  void Drain() override {
    if (!is_working_) Close();
  }
  void Close() override {
    error_code ignored;
    beast::get_lowest_layer(stream_).shutdown(Socket::shutdown_both, ignored);
    beast::get_lowest_layer(stream_).close(ignored);
  }

 private:
  void Limit(absl::Duration duration) { deadline_ = context_.clock.SteadyNow() + duration; }
  void Limit(SteadyTime deadline) { deadline_ = deadline; }

  void Handshake() {
    Limit(context_.options.header_timeout);
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = this->shared_from_this()](const error_code& error) {
                              self->OnHandshake(error);
                            });
  }

  void OnHandshake(const error_code& error) {
    if (error) {
      context_.metrics.handshakes_failed.Add();
      return Close();
    }
    if constexpr (kIsTls) {
      SSL* const ssl = stream_.native_handle();
      (SSL_session_reused(ssl) != 0 ? context_.metrics.handshakes_resumed
                                    : context_.metrics.handshakes_full)
          .Add();
      peer_.certificate_name = PeerCommonName(ssl);
    }
    AwaitRequest();
  }

  // Waits for the first bytes of a request, or goes on with what a pipelining client sent before.
  void AwaitRequest() {
    if (worker_.is_draining()) return Close();
    if (buffer_.capacity() > kKeptBufferBytes && buffer_.size() == 0) buffer_ = {};
    if (buffer_.size() > 0) return ReadHeader();
    Limit(context_.options.idle_timeout);
    stream_.async_read_some(
        buffer_.prepare(kReadBytes),
        [self = this->shared_from_this()](const error_code& error, size_t bytes) {
          if (error) return self->Close();
          self->buffer_.commit(bytes);
          self->ReadHeader();
        });
  }

  void ReadHeader() {
    Limit(context_.options.header_timeout);
    is_reading_request_ = true;
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    parser_->body_limit(context_.options.max_body_bytes);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](const error_code& error, size_t) {
                              self->OnHeader(error);
                            });
  }

  void OnHeader(const error_code& error) {
    if (error) return OnBroken(error);
    Limit(context_.options.body_timeout);
    if (parser_->is_done()) return OnRequest();
    if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return ReadBody();
    asio::async_write(stream_, asio::buffer(kContinue, sizeof(kContinue) - 1),
                      [self = this->shared_from_this()](const error_code& failure, size_t) {
                        if (failure) return self->Close();
                        self->ReadBody();
                      });
  }

  void ReadBody() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](const error_code& error, size_t) {
                       if (error) return self->OnBroken(error);
                       self->OnRequest();
                     });
  }

  // Of a request whose time was over, the answer is under way already.
  bool WasGivenUp() const { return !is_reading_request_; }

  void OnBroken(const error_code& error) {
    if (WasGivenUp()) return;
    is_reading_request_ = false;
    std::optional<HttpAnswer> answer = AnswerBroken(error);
    if (!answer.has_value()) return Close();
    context_.metrics.bad_requests.Add();
    keep_alive_ = false;
    Send(*std::move(answer));
  }

  void OnRequest() {
    if (WasGivenUp()) return;
    is_reading_request_ = false;
    Limit(SteadyTime::Infinite());
    is_working_ = true;
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
                           self->Send(std::move(answer));
                         });
        });
  }

  void Send(HttpAnswer answer) {
    Limit(context_.options.body_timeout);
    keep_alive_ = keep_alive_ && !worker_.is_draining();
    response_.emplace();
    response_->result(static_cast<unsigned>(answer.status));
    response_->version(version_);
    response_->keep_alive(keep_alive_);
    for (const auto& [name, value] : answer.headers) {
      response_->set({name.data(), name.size()}, value);
    }
    if (!answer.content_type.empty()) {
      response_->set(http::field::content_type, answer.content_type);
    }
    if (!is_head_) response_->body() = std::move(answer.body);
    response_->prepare_payload();
    http::async_write(stream_, *response_,
                      [self = this->shared_from_this()](const error_code& error, size_t) {
                        self->OnSent(error);
                      });
  }

  void OnSent(const error_code& error) {
    is_working_ = false;
    response_.reset();
    if (!error && keep_alive_) return AwaitRequest();
    if (error || !kIsTls) return Close();
    SayGoodbye();
  }

  // Ends TLS in order, so that the other side keeps its session for resumption.
  void SayGoodbye() {
    if constexpr (kIsTls) {
      Limit(context_.options.header_timeout);
      stream_.async_shutdown(
          [self = this->shared_from_this()](const error_code&) { self->Close(); });
    }
  }

  HttpWorker& worker_;
  const HttpContext& context_;
  const std::string source_;
  // Outlives the stream that was made with it, also when the server takes up another.
  const std::shared_ptr<asio::ssl::context> tls_;
  Stream stream_;
  HttpPeer peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<HttpResponse> response_;
  SteadyTime deadline_ = SteadyTime::Infinite();
  bool is_reading_request_ = false;
  // From a whole request until its answer is sent.
  bool is_working_ = false;
  bool keep_alive_ = true;
  bool is_head_ = false;
  unsigned version_ = 11;
};

}  // namespace

void ServeConnection(HttpWorker& worker, Socket socket, std::string source,
                     std::shared_ptr<asio::ssl::context> tls) {
  if (tls == nullptr) {
    std::make_shared<Session<Socket>>(worker, std::move(source), nullptr, std::move(socket))
        ->Start();
    return;
  }
  asio::ssl::context& context = *tls;
  std::make_shared<Session<TlsStream>>(worker, std::move(source), std::move(tls),
                                       std::move(socket), context)
      ->Start();
}

}  // namespace understudy::checkpoint_store
