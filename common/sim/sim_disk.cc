#include "common/sim/sim_disk.h"

#include "common/status/status.h"

namespace understudy {

absl::Status SimDisk::CheckWorks() const {
  if (powered_ && !failing_) return absl::OkStatus();
  return MakeError(absl::StatusCode::kUnavailable, "DISK_FAILED",
                   powered_ ? "the disk fails" : "the disk has no power");
}

absl::StatusOr<SimDisk::File*> SimDisk::Find(const std::string& name) const {
  UNDERSTUDY_RETURN_IF_ERROR(CheckWorks());
  const auto found = names_.find(name);
  if (found != names_.end()) return found->second.get();
  return MakeError(absl::StatusCode::kNotFound, "FILE_NOT_FOUND", "there is no file " + name);
}

SimDisk::File& SimDisk::FindOrCreate(const std::string& name) {
  if (!names_.contains(name)) ChangeNames({{name, std::make_shared<File>()}});
  return *names_.at(name);
}

absl::Status SimDisk::Append(const std::string& name, std::string_view bytes) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckWorks());
  FindOrCreate(name).current += bytes;
  return absl::OkStatus();
}

absl::Status SimDisk::Write(const std::string& name, std::string_view bytes) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckWorks());
  File& file = FindOrCreate(name);
  file.current = bytes;
  file.truncated = true;
  return absl::OkStatus();
}

absl::StatusOr<std::string> SimDisk::Read(const std::string& name) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(const File* file, Find(name));
  return file->current;
}

absl::Status SimDisk::Sync(const std::string& name) {
  UNDERSTUDY_ASSIGN_OR_RETURN(File * file, Find(name));
  file->synced = file->current;
  file->truncated = false;
  return absl::OkStatus();
}

absl::Status SimDisk::Rename(const std::string& from, const std::string& to) {
  UNDERSTUDY_RETURN_IF_ERROR(Find(from).status());
  if (from != to) ChangeNames({{to, names_.at(from)}, {from, nullptr}});
  return absl::OkStatus();
}

absl::Status SimDisk::Remove(const std::string& name) {
  UNDERSTUDY_RETURN_IF_ERROR(Find(name).status());
  ChangeNames({{name, nullptr}});
  return absl::OkStatus();
}

absl::Status SimDisk::SyncDirectory() {
  UNDERSTUDY_RETURN_IF_ERROR(CheckWorks());
  synced_names_ = names_;
  unsynced_changes_.clear();
  return absl::OkStatus();
}

std::vector<std::string> SimDisk::List() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : names_) names.push_back(name);
  return names;
}

void SimDisk::ChangeNames(std::vector<NameChange> changes) {
  Apply(changes, names_);
  unsynced_changes_.push_back(std::move(changes));
}

void SimDisk::Apply(const std::vector<NameChange>& changes, Names& names) {
  for (const NameChange& change : changes) {
    if (change.file == nullptr) {
      names.erase(change.name);
    } else {
      names[change.name] = change.file;
    }
  }
}

std::string SimDisk::Remains(const File& file, Loss loss, Random& random) {
  if (loss == Loss::kForgetAll) return file.synced;
  if (file.truncated && random.Chance(0.5)) return file.synced;
  const size_t certain = file.truncated ? 0 : file.synced.size();
  return file.current.substr(0, certain + random.Below(file.current.size() - certain + 1));
}

void SimDisk::Crash(Loss loss, Random& random) {
  const size_t kept = loss == Loss::kForgetAll ? 0 : random.Below(unsynced_changes_.size() + 1);
  for (size_t i = 0; i < kept; ++i) Apply(unsynced_changes_[i], synced_names_);
  unsynced_changes_.clear();
  names_ = synced_names_;
  for (const auto& [name, file] : names_) {
    file->current = file->synced = Remains(*file, loss, random);
    file->truncated = false;
  }
  powered_ = false;
}

}  // namespace understudy
