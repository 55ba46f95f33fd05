#include "services/checkpoint_store/http/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <boost/system/system_error.hpp>
#include <fstream>
#include <iterator>
#include <optional>

#include "common/document/sha256.h"
#include "common/status/status.h"
#include "services/checkpoint_store/http/peer_certificate.h"

namespace understudy::checkpoint_store {
namespace {

namespace ssl = boost::asio::ssl;

absl::Status BadFiles(const std::string& what) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "BAD_TLS_FILES", what);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.good() && !file.eof()) return BadFiles("cannot read " + path);
  if (text.empty()) return BadFiles(path + " is not there or empty");
  return text;
}

struct Contents {
  std::string certificate;
  std::string private_key;
  std::string authorities;
};

absl::StatusOr<Contents> ReadAll(const rpc::TlsFiles& files) {
  Contents contents;
  UNDERSTUDY_ASSIGN_OR_RETURN(contents.certificate, ReadFile(files.certificate));
  UNDERSTUDY_ASSIGN_OR_RETURN(contents.private_key, ReadFile(files.private_key));
  UNDERSTUDY_ASSIGN_OR_RETURN(contents.authorities, ReadFile(files.authorities));
  return contents;
}

std::string Fingerprint(const Contents& contents) {
  return Sha256ToBytes(
      Sha256Of(contents.certificate + '\0' + contents.private_key + '\0' + contents.authorities));
}

// AES-128 and SHA-256 cost a small device (and us) less than the library's first choice, AES-256
// and SHA-384. One that has no AES in hardware puts ChaCha20 first, and gets it.
void ChooseCiphers(SSL_CTX* context) {
  SSL_CTX_set_ciphersuites(context,
                           "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"
                           "TLS_AES_256_GCM_SHA384");
  // The same for TLS 1.2, and whatever else a device may have.
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM+AES128:DEFAULT");
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
}

// Throws boost::system::system_error where something cannot be used.
void Fill(const Contents& contents, ssl::context& context) {
  context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                      ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                      ssl::context::no_tlsv1_1 | ssl::context::single_dh_use);
  context.use_certificate_chain(boost::asio::buffer(contents.certificate));
  context.use_private_key(boost::asio::buffer(contents.private_key), ssl::context::pem);
  context.add_certificate_authority(boost::asio::buffer(contents.authorities));
  // A device shows no certificate; an operator does.
  context.set_verify_mode(ssl::verify_peer);
}

void SetUpSessions(const Contents& contents, const std::array<uint8_t, 80>& ticket_keys,
                   SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  const Sha256 authorities = Sha256Of(contents.authorities);
  SSL_CTX_set_session_id_context(context, authorities.data(), authorities.size());
  auto keys = ticket_keys;
  SSL_CTX_set_tlsext_ticket_keys(context, keys.data(), keys.size());
  // One ticket is all that a device keeps.
  SSL_CTX_set_num_tickets(context, 1);
}

}  // namespace

std::string PeerCommonName(SSL* ssl) {
  X509* const certificate = SSL_get_peer_certificate(ssl);
  if (certificate == nullptr) return "";
  char name[128] = {};
  const bool is_good = SSL_get_verify_result(ssl) == X509_V_OK;
  const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                               name, sizeof(name));
  X509_free(certificate);
  return is_good && length > 0 ? std::string(name, static_cast<size_t>(length)) : "";
}

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Load(const rpc::TlsFiles& files) {
  TicketKeys keys;
  randombytes_buf(keys.data(), keys.size());
  std::unique_ptr<TlsContext> context(new TlsContext(files, keys));
  UNDERSTUDY_RETURN_IF_ERROR(context->Refresh().status());
  return context;
}

std::shared_ptr<ssl::context> TlsContext::Get() const {
  absl::MutexLock lock(&mutex_);
  return context_;
}

absl::StatusOr<bool> TlsContext::Refresh() {
  UNDERSTUDY_ASSIGN_OR_RETURN(const Contents contents, ReadAll(files_));
  std::string fingerprint = Fingerprint(contents);
  if (fingerprint == seen_) return false;
  auto fresh = std::make_shared<ssl::context>(ssl::context::tls_server);
  try {
    Fill(contents, *fresh);
  } catch (const boost::system::system_error& error) {
    return BadFiles(std::string("certificate, key and authorities cannot be used: ") +
                    error.what());
  }
  if (SSL_CTX_check_private_key(fresh->native_handle()) != 1) {
    ERR_clear_error();
    return BadFiles(files_.private_key + " is not the key of " + files_.certificate);
  }
  ChooseCiphers(fresh->native_handle());
  SetUpSessions(contents, ticket_keys_, fresh->native_handle());
  seen_ = std::move(fingerprint);
  absl::MutexLock lock(&mutex_);
  context_ = std::move(fresh);
  return true;
}

}  // namespace understudy::checkpoint_store
