#include "tests/faults/small_disks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::faults {
namespace {

std::string Filler(const std::string& directory) { return directory + "/filler"; }

}  // namespace

SmallDisks::~SmallDisks() {
  // Processes that still hold files there keep them until they end.
  for (const std::string& directory : mounted_) umount2(directory.c_str(), MNT_DETACH);
}

void SmallDisks::Mount(const std::string& directory, int mebibytes) {
  if (!status_.ok()) return;
  std::filesystem::create_directories(directory);
  const std::string options = absl::StrCat("mode=0700,size=", mebibytes, "m");
  if (mount("small", directory.c_str(), "tmpfs", 0, options.c_str()) == 0) {
    mounted_.push_back(directory);
    return;
  }
  status_ = MakeError(absl::StatusCode::kPermissionDenied, "NO_MOUNTS",
                      absl::StrCat("a small file system cannot be mounted here: ",
                                   strerror(errno)));
}

void SmallDisks::Fill(const std::string& directory) const {
  const int file = open(Filler(directory).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return;
  const std::string block(1 << 16, 'x');
  // In ever smaller pieces, to the last byte.
  for (size_t size = block.size(); size > 0; size /= 2) {
    while (write(file, block.data(), size) > 0) continue;
  }
  close(file);
}

void SmallDisks::MakeRoom(const std::string& directory) const {
  std::filesystem::remove(Filler(directory));
}

}  // namespace understudy::faults
