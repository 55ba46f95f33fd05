#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_SESSION_TABLE_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_SESSION_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/beat/beat.h"
#include "common/beat/session_key.h"
#include "common/time/steady_time.h"
#include "services/membership/heard_times.h"
#include "services/membership/replay_window.h"

namespace understudy::membership {

// What became of a beat. The numbers index counters.
enum class BeatResult : uint8_t {
  kOk = 0,
  kTruncated = 1,
  kTooLong = 2,
  kBadMagic = 3,
  kBadVersion = 4,
  kBadMac = 5,
  // No session of that number, as far as we remember.
  kUnknownSession = 6,
  // Authentic, of a session that is over.
  kEndedSession = 7,
  kReplayed = 8,
  kLate = 9,
};
inline constexpr size_t kBeatResults = 10;
// "ok", "truncated", ... for metrics and logs.
std::string_view BeatResultName(BeatResult result);

// Sessions by slot: their keys, their sequence numbers, their health bits. A session's id carries
// its slot in the low half and chance in the high half, so that a beat finds its session by an
// index and an old id finds nothing. Pure; not thread-safe.
//
// An ended session keeps its key until its slot is needed again (oldest first), so that its station
// can be told, authentically, to join again.
class SessionTable {
 public:
  struct Opened {
    Slot slot = kNoSlot;
    uint64_t session_id = 0;
    beat::SessionKey key;
  };
  struct Accepted {
    BeatResult result = BeatResult::kUnknownSession;
    // Set for kOk and kEndedSession.
    Slot slot = kNoSlot;
    beat::Beat beat;
    // The health bits differ from those of the beat before, and TakeHealth is due. Said once.
    bool health_changed = false;
  };

  // As many slots as `heard` has, which must outlive the table.
  explicit SessionTable(HeardTimes& heard);

  // A new session with a new key, heard just now. Nothing when every slot has a live session.
  std::optional<Opened> Open(SteadyTime now);
  // The slot must have a live session.
  void End(Slot slot);
  void EndAll();

  // Judges the bytes of a datagram and, when they are a live session's newest beat, notes it.
  Accepted Accept(std::span<const uint8_t> datagram, SteadyTime now);
  // The same for a beat that came over the session's own stream, which needs no MAC.
  Accepted AcceptFromStream(uint64_t session_id, uint64_t sequence, uint16_t health,
                            SteadyTime now);

  // The live session's slot, or nothing.
  std::optional<Slot> FindLive(uint64_t session_id) const;
  // Whether `proof` shows that its maker has the key of this live session.
  bool VerifyHello(uint64_t session_id, std::string_view station_id, std::string_view proof) const;
  // Bits of the newest beat; re-arms `health_changed`.
  uint16_t TakeHealth(Slot slot);
  // An answer to `beat`, under the key of `slot`.
  beat::Packet MakeAnswer(Slot slot, const beat::Beat& beat, bool session_ended) const;

  size_t live() const { return live_; }

 private:
  struct Session {
    uint64_t id = 0;
    beat::SessionKey key;
    ReplayWindow window;
    uint16_t health = 0;
    bool health_pending = false;
    bool live = false;
  };

  std::optional<Slot> FreeSlot();
  // Live or remembered; null when there is none of this id.
  Session* Find(uint64_t session_id);
  const Session* Find(uint64_t session_id) const;
  void Note(Slot slot, Accepted& accepted, SteadyTime now);

  HeardTimes& heard_;
  std::vector<Session> sessions_;
  // Ended, oldest first.
  std::deque<Slot> ended_;
  size_t live_ = 0;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_SESSION_TABLE_H_
