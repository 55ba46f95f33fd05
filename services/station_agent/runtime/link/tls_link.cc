#include "services/station_agent/runtime/link/tls_link.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>

#include "services/station_agent/runtime/sync/sync.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr size_t kPiece = 16 * 1024;

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, SslFree>;

std::string LastError() {
  char text[256] = "no detail";
  const unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return text;
}

// OpenSSL works on memory; this moves the bytes. The state of OpenSSL is guarded by a mutex that is
// never held while the link waits for data, so that a reader does not keep a writer out.
class TlsLink final : public Link {
 public:
  TlsLink(std::unique_ptr<Link> link, Ssl ssl)
      : link_(std::move(link)), ssl_(std::move(ssl)), name_("tls over " + link_->name()) {
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);  // owns both
  }
  ~TlsLink() override { Close(); }

  absl::Status Handshake(SteadyTime deadline) {
    return Drive(deadline, [this] { return SSL_do_handshake(ssl_.get()); }).status();
  }

  absl::StatusOr<size_t> Read(std::span<char> buffer, SteadyTime deadline) override {
    const int size = static_cast<int>(std::min<size_t>(buffer.size(), kPiece));
    return Drive(deadline, [&] { return SSL_read(ssl_.get(), buffer.data(), size); });
  }

  absl::Status Write(std::string_view data, SteadyTime deadline) override {
    while (!data.empty()) {
      const int size = static_cast<int>(std::min(data.size(), kPiece));
      const auto written =
          Drive(deadline, [&] { return SSL_write(ssl_.get(), data.data(), size); });
      if (!written.ok()) return written.status();
      data.remove_prefix(*written);
    }
    return absl::OkStatus();
  }

  void Close() override { link_->Close(); }
  const std::string& name() const override { return name_; }

 private:
  // Repeats `step` until it succeeds, sending and receiving what it needs.
  template <typename Step>
  absl::StatusOr<size_t> Drive(SteadyTime deadline, Step step) {
    while (true) {
      int result = 0;
      int problem = 0;
      std::string error;
      {
        const MutexGuard guard(state_);
        ERR_clear_error();
        result = step();
        problem = SSL_get_error(ssl_.get(), result);
        if (problem == SSL_ERROR_SSL) error = LastError();
      }
      const absl::Status sent = Flush(deadline);
      if (problem == SSL_ERROR_SSL) return absl::UnavailableError(name_ + ": " + error);
      if (!sent.ok()) return sent;
      if (result > 0) return static_cast<size_t>(result);
      if (problem == SSL_ERROR_ZERO_RETURN) {
        return absl::OutOfRangeError(name_ + ": the other side ended the stream");
      }
      const absl::Status filled = Fill(deadline);
      if (!filled.ok()) return filled;
    }
  }

  // Records must leave in the order in which OpenSSL made them: one flushes at a time.
  absl::Status Flush(SteadyTime deadline) {
    const MutexGuard sending(sending_);
    std::array<char, kPiece> buffer;
    while (true) {
      int size = 0;
      {
        const MutexGuard guard(state_);
        size = BIO_read(out_, buffer.data(), static_cast<int>(buffer.size()));
      }
      if (size <= 0) return absl::OkStatus();
      const absl::Status written =
          link_->Write(std::string_view(buffer.data(), static_cast<size_t>(size)), deadline);
      if (!written.ok()) return written;
    }
  }

  absl::Status Fill(SteadyTime deadline) {
    std::array<char, kPiece> buffer;
    const auto size = link_->Read(buffer, deadline);
    if (!size.ok()) return size.status();
    const MutexGuard guard(state_);
    BIO_write(in_, buffer.data(), static_cast<int>(*size));
    return absl::OkStatus();
  }

  std::unique_ptr<Link> link_;
  Ssl ssl_;
  const std::string name_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  Mutex state_;
  Mutex sending_;
};

absl::StatusOr<std::unique_ptr<Link>> Begin(std::unique_ptr<Link> link, Ssl ssl,
                                            SteadyTime deadline) {
  auto tls = std::make_unique<TlsLink>(std::move(link), std::move(ssl));
  const absl::Status done = tls->Handshake(deadline);
  if (!done.ok()) return done;
  return tls;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Link>> ConnectTls(std::unique_ptr<Link> link, SSL_CTX* context,
                                                 const std::string& server_name,
                                                 SteadyTime deadline) {
  Ssl ssl(SSL_new(context));
  if (ssl == nullptr) return absl::UnavailableError("tls: " + LastError());
  SSL_set_connect_state(ssl.get());
  if (!server_name.empty()) {
    SSL_set_tlsext_host_name(ssl.get(), server_name.c_str());
    SSL_set1_host(ssl.get(), server_name.c_str());
  }
  return Begin(std::move(link), std::move(ssl), deadline);
}

absl::StatusOr<std::unique_ptr<Link>> AcceptTls(std::unique_ptr<Link> link, SSL_CTX* context,
                                                SteadyTime deadline) {
  Ssl ssl(SSL_new(context));
  if (ssl == nullptr) return absl::UnavailableError("tls: " + LastError());
  SSL_set_accept_state(ssl.get());
  return Begin(std::move(link), std::move(ssl), deadline);
}

}  // namespace understudy::station_agent::runtime
