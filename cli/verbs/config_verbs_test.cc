#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/testing/command_line_test_base.h"
#include "common/document/compression.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using config_vault::v1::Change;
using config_vault::v1::DocumentInfo;

constexpr char kDocument[] = "{\"level\": 1}\n";

DocumentInfo Info(uint64_t revision) {
  DocumentInfo info;
  info.set_name("duties/gate");
  info.set_revision(revision);
  info.set_size(18'944);
  info.set_sha256(Sha256ToBytes(Sha256Of(kDocument)));
  info.set_author("operator/anna");
  info.mutable_time()->set_seconds(1'700'000'000);
  return info;
}

class ConfigVerbsTest : public CommandLineTestBase {};

TEST_F(ConfigVerbsTest, PutSendsTheDocumentPackedWithItsHashAndWhatWasSaidOfIt) {
  *site_.put.mutable_info() = Info(12);
  EXPECT_EQ(Run({"config", "put", "duties/gate", "-", "--expect-revision", "11", "--author",
                 "operator/anna", "--comment", "brighter", "--request-id", "r1"},
                kDocument),
            0);
  EXPECT_EQ(out_, "duties/gate is at revision 12, 18.5 KiB, sha-256 44bfbe288cac\n");
  const auto& sent = site_.put_request;
  EXPECT_EQ(*Unpack(sent.content()), kDocument);
  EXPECT_EQ(sent.sha256(), Sha256ToBytes(Sha256Of(kDocument)));
  EXPECT_EQ(sent.expected_revision(), 11u);
  EXPECT_EQ(sent.author(), "operator/anna");
  EXPECT_EQ(sent.comment(), "brighter");
  EXPECT_EQ(sent.request_id(), "r1");
  EXPECT_EQ(sent.content_type(), "application/json");
}

TEST_F(ConfigVerbsTest, PutSaysThatNothingChangedAndExpectsNothingUnlessTold) {
  *site_.put.mutable_info() = Info(12);
  site_.put.set_unchanged(true);
  EXPECT_EQ(Run({"config", "put", "duties/gate", "-"}, kDocument), 0);
  EXPECT_NE(out_.find("It had this content already: no new revision.\n"), std::string::npos);
  EXPECT_FALSE(site_.put_request.has_expected_revision());
}

TEST_F(ConfigVerbsTest, PutRefusesWhatIsTooLargeOrNotThere) {
  EXPECT_EQ(Run({"config", "put", "a", "-"}, std::string((4 << 20) + 1, 'x')), 6);
  EXPECT_NE(err_.find("more bytes than a document may have, 4194304 (DOCUMENT_TOO_LARGE)"),
            std::string::npos)
      << err_;
  EXPECT_EQ(Run({"config", "put", "a", "/no/such/file"}), 4);
  EXPECT_EQ(err_, "understudy: cannot read /no/such/file\n");
}

TEST_F(ConfigVerbsTest, GetPrintsTheDocumentByteForByte) {
  *site_.get.mutable_info() = Info(12);
  site_.get.set_content(*Pack(kDocument));
  site_.get.set_encoding(config_vault::v1::ENCODING_ZSTD);
  EXPECT_EQ(Run({"config", "get", "duties/gate", "--revision", "12"}), 0);
  EXPECT_EQ(out_, kDocument);
  EXPECT_EQ(site_.get_request.revision(), 12u);
  EXPECT_EQ(Run({"config", "get", "duties/gate", "-o", "json"}), 0);
  const auto json = nlohmann::json::parse(out_);
  EXPECT_EQ(json["content"]["level"], 1);
  EXPECT_EQ(json["info"]["revision"], "12");
}

TEST_F(ConfigVerbsTest, GetTrustsNoDocumentWithAnotherHash) {
  *site_.get.mutable_info() = Info(12);
  site_.get.set_content("{\"level\": 2}\n");
  EXPECT_EQ(Run({"config", "get", "duties/gate"}), 1);
  EXPECT_EQ(out_, "");
  EXPECT_NE(err_.find("HASH_MISMATCH"), std::string::npos) << err_;
}

TEST_F(ConfigVerbsTest, ListShowsAllPagesAsOneTable) {
  site_.lists.resize(2);
  *site_.lists[0].add_documents() = Info(12);
  site_.lists[0].set_next_page_token("more");
  *site_.lists[1].add_documents() = Info(13);
  site_.lists[1].mutable_documents(0)->set_deleted(true);
  EXPECT_EQ(Run({"config", "list", "duties/"}), 0);
  EXPECT_EQ(
      out_,
      "NAME         REVISION      SIZE  SHA-256       AUTHOR         TIME                     "
      "COMMENT\n"
      "duties/gate        12  18.5 KiB  44bfbe288cac  operator/anna  2023-11-14 22:13:20 UTC  -\n"
      "duties/gate        13   deleted  44bfbe288cac  operator/anna  2023-11-14 22:13:20 UTC  -\n");
}

TEST_F(ConfigVerbsTest, ListOfNothingIsNoError) {
  EXPECT_EQ(Run({"config", "list", "nothing/"}), 0);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "No document begins with nothing/.\n");
}

TEST_F(ConfigVerbsTest, DiffShowsEachPlaceWithWhatItWasAndIs) {
  *site_.diff.mutable_from() = Info(11);
  *site_.diff.mutable_to() = Info(12);
  Change* change = site_.diff.add_changes();
  change->set_kind(Change::KIND_REPLACED);
  change->set_path("/level");
  change->set_before("1");
  change->set_after("2");
  change = site_.diff.add_changes();
  change->set_kind(Change::KIND_ADDED);
  change->set_path("/name");
  change->set_after("\"x\"");
  EXPECT_EQ(Run({"config", "diff", "duties/gate"}), 0);
  EXPECT_EQ(out_,
            "duties/gate, revision 11 to 12:\n"
            "/level\n  - 1\n  + 2\n"
            "/name\n  + \"x\"\n");
  site_.diff.clear_changes();
  EXPECT_EQ(Run({"config", "diff", "duties/gate"}), 0);
  EXPECT_EQ(out_, "duties/gate, revision 11 to 12:\nNo difference.\n");
}

TEST_F(ConfigVerbsTest, RollbackNamesTheRevisionWhoseContentComesBack) {
  *site_.rollback.mutable_info() = Info(14);
  EXPECT_EQ(Run({"config", "rollback", "duties/gate", "7", "--expect-revision", "13"}), 0);
  EXPECT_EQ(site_.rollback_request.revision(), 7u);
  EXPECT_EQ(site_.rollback_request.expected_revision(), 13u);
  EXPECT_EQ(Run({"config", "rollback", "duties/gate", "seven"}), 2);
}

TEST_F(ConfigVerbsTest, HistoryAndDeleteShowTheirDocuments) {
  *site_.history.add_revisions() = Info(12);
  EXPECT_EQ(Run({"config", "history", "duties/gate"}), 0);
  EXPECT_NE(out_.find("duties/gate        12"), std::string::npos) << out_;
  *site_.remove.mutable_info() = Info(15);
  site_.remove.mutable_info()->set_deleted(true);
  EXPECT_EQ(Run({"config", "delete", "duties/gate"}), 0);
  EXPECT_EQ(out_, "duties/gate is at revision 15, deleted\n");
}

TEST_F(ConfigVerbsTest, WatchPrintsChangesUntilItHasEnough) {
  site_.changes.resize(3);
  *site_.changes[0].mutable_changed() = Info(12);
  site_.changes[1].set_synced_revision(12);
  *site_.changes[2].mutable_changed() = Info(13);
  EXPECT_EQ(Run({"config", "watch", "duties/", "--count", "2"}), 0);
  EXPECT_EQ(out_,
            "2023-11-14 22:13:20 UTC  revision 12  duties/gate  18.5 KiB  44bfbe288cac  "
            "operator/anna\n"
            "2023-11-14 22:13:20 UTC  revision 13  duties/gate  18.5 KiB  44bfbe288cac  "
            "operator/anna\n");
  EXPECT_TRUE(site_.watch_request.snapshot());
  EXPECT_EQ(Run({"config", "watch", "--after", "7", "-o", "json"}), 3) << "the watch ended";
  EXPECT_FALSE(site_.watch_request.snapshot());
  EXPECT_EQ(site_.watch_request.after_revision(), 7u);
}

}  // namespace
}  // namespace understudy::cli
