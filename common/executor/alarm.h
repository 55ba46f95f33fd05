#ifndef UNDERSTUDY_COMMON_EXECUTOR_ALARM_H_
#define UNDERSTUDY_COMMON_EXECUTOR_ALARM_H_

#include <functional>
#include <utility>

#include "common/executor/executor.h"
#include "common/time/steady_time.h"

namespace understudy {

// One timer that is set again and again: wakes a core when its next deadline has come. Used on its
// executor alone, and must be destroyed after that has stopped.
class Alarm {
 public:
  // `executor` must outlive the alarm; `ring` is called on it.
  Alarm(Executor& executor, std::function<void()> ring)
      : executor_(executor), ring_(std::move(ring)) {}

  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // Rings once when `time` has come, and not at the time that it was set to before. Infinite: not
  // at all.
  void Set(SteadyTime time) {
    if (time == time_) return;
    if (!time_.is_infinite()) executor_.Cancel(timer_);
    time_ = time;
    if (time.is_infinite()) return;
    timer_ = executor_.RunAt(time, [this] {
      time_ = SteadyTime::Infinite();
      ring_();
    });
  }

 private:
  Executor& executor_;
  const std::function<void()> ring_;
  SteadyTime time_ = SteadyTime::Infinite();
  Executor::TimerId timer_ = 0;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_EXECUTOR_ALARM_H_
