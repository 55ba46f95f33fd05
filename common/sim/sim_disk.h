#ifndef UNDERSTUDY_COMMON_SIM_SIM_DISK_H_
#define UNDERSTUDY_COMMON_SIM_SIM_DISK_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/random/random.h"

namespace understudy {

// One directory of files on a disk that forgets what was not synced, as strictly as POSIX allows: a
// file's bytes are safe after Sync(name), and that a name stands for that file (created, renamed,
// removed) is safe after SyncDirectory(). Not thread-safe.
//
// Errors: NOT_FOUND FILE_NOT_FOUND; UNAVAILABLE DISK_FAILED while failing or without power.
class SimDisk {
 public:
  // What a crash leaves of that which was not synced.
  enum class Loss {
    // Nothing: the cruellest case for durability.
    kForgetAll,
    // Of each file a random beginning of what was appended, and of the changes of names a random
    // number of the first: the cruellest case for atomicity (torn writes).
    kTear,
  };

  // Adds to the end of a file, which is created when it does not exist.
  absl::Status Append(const std::string& name, std::string_view bytes);
  // Replaces a file's content in place, as open(O_TRUNC) and write do; creates it, too. After a
  // crash before Sync the file may hold the old content, none, or a beginning of the new one.
  absl::Status Write(const std::string& name, std::string_view bytes);
  // What was written, synced or not.
  absl::StatusOr<std::string> Read(const std::string& name) const;
  absl::Status Sync(const std::string& name);
  // Atomic; replaces `to`.
  absl::Status Rename(const std::string& from, const std::string& to);
  absl::Status Remove(const std::string& name);
  absl::Status SyncDirectory();
  // Names in order.
  std::vector<std::string> List() const;

  // From now on every call but List fails, until told otherwise. What a failed Sync should have
  // saved stays unsynced.
  void SetFailing(bool failing) { failing_ = failing; }

  // For the node: power goes, and comes back.
  void Crash(Loss loss, Random& random);
  void PowerUp() { powered_ = true; }

 private:
  struct File {
    std::string synced;
    std::string current;
    // Written from the beginning since the last Sync.
    bool truncated = false;
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;
  // A name stands for a file from now on, or (null) for none.
  struct NameChange {
    std::string name;
    std::shared_ptr<File> file;
  };

  absl::Status CheckWorks() const;
  absl::StatusOr<File*> Find(const std::string& name) const;
  File& FindOrCreate(const std::string& name);
  // Applies changes that belong together: after a crash all of them are there, or none.
  void ChangeNames(std::vector<NameChange> changes);
  static void Apply(const std::vector<NameChange>& changes, Names& names);
  static std::string Remains(const File& file, Loss loss, Random& random);

  Names names_;
  Names synced_names_;
  std::vector<std::vector<NameChange>> unsynced_changes_;
  bool failing_ = false;
  bool powered_ = true;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_SIM_SIM_DISK_H_
