#ifndef UNDERSTUDY_TESTS_FAULTS_SMALL_DISKS_H_
#define UNDERSTUDY_TESTS_FAULTS_SMALL_DISKS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace understudy::faults {

// File systems of a few MiB in memory, mounted on directories and unmounted at the end. Needs the
// right to mount (root). Not thread-safe.
class SmallDisks {
 public:
  SmallDisks() = default;
  ~SmallDisks();
  SmallDisks(const SmallDisks&) = delete;
  SmallDisks& operator=(const SmallDisks&) = delete;

  // Makes the directory. Once one could not be mounted, no other is.
  void Mount(const std::string& directory, int mebibytes);
  // PERMISSION_DENIED NO_MOUNTS says what is missing.
  const absl::Status& status() const { return status_; }

  // Not a byte more fits into it, until there is room again.
  void Fill(const std::string& directory) const;
  void MakeRoom(const std::string& directory) const;

 private:
  std::vector<std::string> mounted_;
  absl::Status status_;
};

}  // namespace understudy::faults

#endif  // UNDERSTUDY_TESTS_FAULTS_SMALL_DISKS_H_
