#ifndef UNDERSTUDY_TESTS_SIMULATION_SITE_LEDGER_H_
#define UNDERSTUDY_TESTS_SIMULATION_SITE_LEDGER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "services/config_vault/etcd/batch_codec.h"
#include "services/config_vault/etcd/testing/fake_etcd.h"
#include "services/config_vault/testing/memory_vault_store.h"

namespace understudy::simulation {

// What has really happened on a simulated site, and whether it may: it sees each change of etcd's
// key space at the moment in which it is made, and is told what nodes and clients believe.
class SiteLedger {
 public:
  // `key_space` must outlive the ledger. What is written of duties and failovers goes to `trace`.
  SiteLedger(config_vault::etcd::FakeEtcd& key_space,
             std::function<void(const std::string& line)> trace);
  ~SiteLedger();

  // The first thing that must never be, in words.
  absl::Status status() const;

  // A node's start (`who`) acts under an epoch; its replica has come to `applied`.
  void OnReign(const std::string& who, config_vault::Epoch epoch, int64_t applied);
  // A replica that had come to revision `after` has put this batch into its store.
  void OnApplied(const std::string& node, int64_t after, int64_t revision,
                 const config_vault::VaultBatch& batch);
  // The callers of a batch are told that it is done.
  void OnAcknowledged(const std::string& node, uint64_t proposal);
  // A client was told so of a document. `floor`: what had been acknowledged when it began to ask.
  void OnClientWrite(const std::string& document, config_vault::Revision revision,
                     const std::string& sha256);
  void OnClientRead(const std::string& document, config_vault::Revision revision,
                    const std::string& sha256, config_vault::Revision floor);
  // A root answers a read without asking etcd.
  void OnReadByLease() { ++reads_by_lease_; }
  // The newest revision of the document that a client was told of.
  config_vault::Revision Acknowledged(const std::string& document) const;

  // Who was assigned the duty under that number; empty when nobody was.
  std::string AssignedTo(const std::string& duty, uint64_t number) const;
  config_vault::Epoch epoch() const { return epoch_; }
  const config_vault::VaultStore& store() const { return store_; }
  // Of the latest batch.
  int64_t batch_revision() const { return batch_revision_; }
  uint64_t batches() const { return batches_.size(); }
  uint64_t client_writes() const { return client_writes_; }
  uint64_t client_reads() const { return client_reads_; }
  uint64_t reads_by_lease() const { return reads_by_lease_; }
  uint64_t reigns() const { return reigns_.size(); }

 private:
  class Watcher;
  void OnEvents(const config_vault::etcd::RevisionEvents& events);
  void OnBatch(int64_t revision, const config_vault::etcd::OrderedBatch& ordered);
  void Note(const config_vault::WriteDuty& write);
  void Note(const config_vault::WriteRevision& write);
  void Note(const config_vault::WriteFailover& write);
  template <typename Other>
  void Note(const Other&) {}
  void Fail(std::string what);

  const config_vault::etcd::SiteKeys keys_{"local"};
  const std::function<void(const std::string&)> trace_;
  config_vault::MemoryVaultStore store_;
  std::string violation_;
  config_vault::Epoch epoch_ = 0;
  int64_t batch_revision_ = 0;
  // The mutations by revision.
  std::map<int64_t, std::string> batches_;
  std::set<uint64_t> proposals_;
  std::map<config_vault::Epoch, std::string> reigns_;
  // By duty and number: the station, and the epoch under which it was assigned.
  std::map<std::pair<std::string, uint64_t>, std::pair<std::string, config_vault::Epoch>> assigned_;
  std::map<std::string, std::string> holders_;
  std::map<std::pair<std::string, config_vault::Revision>, std::string> documents_;
  std::map<std::string, config_vault::Revision> acknowledged_;
  uint64_t client_writes_ = 0;
  uint64_t client_reads_ = 0;
  uint64_t reads_by_lease_ = 0;
  std::unique_ptr<config_vault::etcd::FakeEtcd::Client> client_;
  std::unique_ptr<config_vault::etcd::EtcdClient::Watch> watch_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SITE_LEDGER_H_
