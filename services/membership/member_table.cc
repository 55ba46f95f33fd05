#include "services/membership/member_table.h"

#include <algorithm>

namespace understudy::membership {

Member& MemberTable::FindOrMake(const std::string& id) {
  const auto [found, made] = members_.try_emplace(id);
  if (made) {
    found->second.record.id = id;
    ++counts_[static_cast<size_t>(MemberState::kUnspecified)];
  }
  return found->second;
}

const Member* MemberTable::Find(std::string_view id) const {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

Member* MemberTable::Find(std::string_view id) {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

Member* MemberTable::FindBySlot(Slot slot) {
  const auto found = by_slot_.find(slot);
  return found == by_slot_.end() ? nullptr : found->second;
}

Member* MemberTable::FindBySession(uint64_t session_id) {
  Member* member = FindBySlot(static_cast<Slot>(session_id));
  return member != nullptr && member->session_id == session_id ? member : nullptr;
}

void MemberTable::SetState(Member& member, MemberState state) {
  if (member.state == state) return;
  --counts_[static_cast<size_t>(member.state)];
  ++counts_[static_cast<size_t>(state)];
  member.state = state;
  if (state != MemberState::kLeft) return;
  // Whoever leaves again leaves anew.
  std::erase(leavers_, member.id());
  leavers_.push_back(member.id());
}

void MemberTable::SetSlot(Member& member, Slot slot) {
  if (member.slot != kNoSlot) by_slot_.erase(member.slot);
  member.slot = slot;
  if (slot != kNoSlot) by_slot_[slot] = &member;
}

std::vector<std::string> MemberTable::ForgetOldLeavers() {
  std::vector<std::string> forgotten;
  while (CountIn(MemberState::kLeft) > max_left_) {
    const std::string id = std::move(leavers_.front());
    leavers_.pop_front();
    const Member* member = Find(id);
    if (member == nullptr || member->state != MemberState::kLeft) continue;
    --counts_[static_cast<size_t>(MemberState::kLeft)];
    members_.erase(members_.find(id));
    forgotten.push_back(id);
  }
  return forgotten;
}

}  // namespace understudy::membership
