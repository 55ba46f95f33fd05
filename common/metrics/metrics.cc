#include "common/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace understudy::metrics {

void Counter::Add(double amount) const {
  if (series_ != nullptr) series_->Increment(amount);
}
double Counter::Value() const { return series_ == nullptr ? 0 : series_->Value(); }

void Gauge::Set(double value) const {
  if (series_ != nullptr) series_->Set(value);
}
void Gauge::Add(double amount) const {
  if (series_ != nullptr) series_->Increment(amount);
}
double Gauge::Value() const { return series_ == nullptr ? 0 : series_->Value(); }

void Histogram::Observe(double value) const {
  if (series_ != nullptr) series_->Observe(value);
}
void Histogram::Observe(absl::Duration duration) const { Observe(absl::ToDoubleSeconds(duration)); }
uint64_t Histogram::Count() const {
  return series_ == nullptr ? 0 : series_->Collect().histogram.sample_count;
}

std::vector<double> LatencyBuckets() {
  return {0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015,
          0.02,    0.03,   0.05,   0.1,    0.2,   0.5,   1.0,   2.0,   5.0,    10.0};
}

std::vector<double> SizeBuckets() {
  return {256, 1024, 4096, 16384, 32768, 65536, 262144, 1048576, 4194304};
}

Registry::Registry() : registry_(std::make_shared<prometheus::Registry>()) {}
Registry::~Registry() = default;

Counter Registry::AddCounter(const std::string& name, const std::string& help,
                             const Labels& labels) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(*registry_);
  return Counter(&family.Add(labels));
}

Gauge Registry::AddGauge(const std::string& name, const std::string& help, const Labels& labels) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(*registry_);
  return Gauge(&family.Add(labels));
}

Histogram Registry::AddHistogram(const std::string& name, const std::string& help,
                                 const Labels& labels, const std::vector<double>& buckets) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_);
  return Histogram(&family.Add(labels, buckets));
}

void Registry::AddBuildInfo(const std::string& service, const std::string& version) {
  AddGauge("understudy_build_info", "What runs here; always 1.",
           {{"service", service}, {"version", version}})
      .Set(1);
}

std::string Registry::Text() const {
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace understudy::metrics
