#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBER_TABLE_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBER_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/membership/member.h"

namespace understudy::membership {

// Who is known, by id and by slot. Keeps its indexes and counts right; what a change means is
// MembershipCore's business. Pure; not thread-safe.
class MemberTable {
 public:
  // Of the members that have left, the newest `max_left` are kept.
  explicit MemberTable(size_t max_left) : max_left_(max_left) {}

  // The member of this id, made when there is none. Members do not move.
  Member& FindOrMake(const std::string& id);
  // Null when there is none.
  Member* Find(std::string_view id);
  const Member* Find(std::string_view id) const;
  Member* FindBySlot(Slot slot);
  // The member whose current session this is.
  Member* FindBySession(uint64_t session_id);

  void SetState(Member& member, MemberState state);
  // kNoSlot takes the slot away.
  void SetSlot(Member& member, Slot slot);

  // Forgets those that left the longest ago, beyond `max_left`; returns their ids.
  std::vector<std::string> ForgetOldLeavers();

  // By id.
  const std::map<std::string, Member, std::less<>>& members() const { return members_; }
  size_t CountIn(MemberState state) const { return counts_[static_cast<size_t>(state)]; }
  // All that have not left.
  size_t present() const { return members_.size() - CountIn(MemberState::kLeft); }

 private:
  const size_t max_left_;
  std::map<std::string, Member, std::less<>> members_;
  std::unordered_map<Slot, Member*> by_slot_;
  size_t counts_[5] = {};
  // In the order of leaving; some have come back since.
  std::deque<std::string> leavers_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBER_TABLE_H_
