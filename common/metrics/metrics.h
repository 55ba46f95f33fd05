#ifndef UNDERSTUDY_COMMON_METRICS_METRICS_H_
#define UNDERSTUDY_COMMON_METRICS_METRICS_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace understudy::metrics {

// Label names to values. Values must come from a bounded set, never from identifiers.
using Labels = std::map<std::string, std::string>;

// Handles to one time series each: cheap to copy, thread-safe, valid as long as their Registry. A
// default-made handle counts nothing, so that a test may leave metrics out.
class Counter {
 public:
  Counter() = default;
  // `amount` must not be negative.
  void Add(double amount = 1) const;
  // For tests.
  double Value() const;

 private:
  friend class Registry;
  explicit Counter(prometheus::Counter* series) : series_(series) {}
  prometheus::Counter* series_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  void Set(double value) const;
  void Add(double amount) const;
  double Value() const;

 private:
  friend class Registry;
  explicit Gauge(prometheus::Gauge* series) : series_(series) {}
  prometheus::Gauge* series_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  void Observe(double value) const;
  // In seconds.
  void Observe(absl::Duration duration) const;
  uint64_t Count() const;

 private:
  friend class Registry;
  explicit Histogram(prometheus::Histogram* series) : series_(series) {}
  prometheus::Histogram* series_ = nullptr;
};

// Upper bounds in seconds from 50 us to 10 s, fine below 10 ms.
std::vector<double> LatencyBuckets();
// Upper bounds in bytes from 256 to 4 MiB.
std::vector<double> SizeBuckets();

// All metrics of one process. Names are `understudy_<service>_<thing>_<unit>`, counters end in
// `_total`, units are _seconds and _bytes. The same name and labels give the same series; the same
// name with another type or help aborts: it is a mistake in the program. Thread-safe.
//
//   struct MembershipMetrics {
//     explicit MembershipMetrics(metrics::Registry& registry)
//         : beats(registry.AddCounter("understudy_membership_beats_total", "Beats accepted.")) {}
//     metrics::Counter beats;
//   };
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram AddHistogram(const std::string& name, const std::string& help,
                         const Labels& labels = {},
                         const std::vector<double>& buckets = LatencyBuckets());

  // understudy_build_info{service,version} 1.
  void AddBuildInfo(const std::string& service, const std::string& version);

  // What a scrape would read, in Prometheus's text format.
  std::string Text() const;

 private:
  friend class Exposer;
  std::shared_ptr<prometheus::Registry> registry_;
};

}  // namespace understudy::metrics

#endif  // UNDERSTUDY_COMMON_METRICS_METRICS_H_
