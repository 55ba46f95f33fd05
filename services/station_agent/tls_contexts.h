#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_TLS_CONTEXTS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_TLS_CONTEXTS_H_

#include <openssl/ssl.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace understudy::station_agent {

// What a device's certificate is checked against: one OpenSSL context for each file of certificate
// authorities, shared by all devices that name it, because to read the authorities of a whole
// system takes milliseconds. Thread-safe.
class TlsContexts {
 public:
  // For clients that trust those in `authority_file` (PEM; empty: whom the system trusts), and no
  // protocol older than TLS 1.2. It is made anew when the file was changed or replaced since;
  // connections keep the one that they began with. UNAVAILABLE when no certificate can be read
  // there: an earlier one is not used any more then.
  absl::StatusOr<std::shared_ptr<SSL_CTX>> Get(const std::string& authority_file);

 private:
  // Differs when a file was written to or another one took its place. Zeros: there is none.
  struct FileStamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t changed_nanoseconds = 0;

    friend bool operator==(const FileStamp&, const FileStamp&) = default;
  };
  struct Entry {
    FileStamp stamp;
    std::shared_ptr<SSL_CTX> context;
  };

  static FileStamp StampOf(const std::string& authority_file);

  absl::Mutex mutex_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_TLS_CONTEXTS_H_
