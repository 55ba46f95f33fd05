#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "cli/local_fleet/pki.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/local_fleet/spawn.h"

namespace understudy::cli {
namespace {

SiteLayout NewSite(const std::string& name) {
  SiteLayout layout(std::string(std::getenv("TEST_TMPDIR")) + "/" + name);
  EXPECT_TRUE(layout.Create().ok());
  return layout;
}

mode_t Permissions(const std::string& path) {
  struct stat facts = {};
  EXPECT_EQ(stat(path.c_str(), &facts), 0) << path;
  return facts.st_mode & 0777;
}

TEST(SiteLayoutTest, KeepsItsDirectoriesAndSecretsToTheUser) {
  const SiteLayout layout = NewSite("private");
  EXPECT_EQ(Permissions(layout.directory() + "/pki"), 0700u);
  ASSERT_TRUE(WriteFile(layout.SiteFile(), "secret", true).ok());
  EXPECT_EQ(Permissions(layout.SiteFile()), 0600u);
  EXPECT_EQ(*ReadFile(layout.SiteFile()), "secret");
}

TEST(SiteLayoutTest, GivesTwoSitesDifferentSharedMemory) {
  EXPECT_NE(SiteLayout("/a").LinkName("gate-1"), SiteLayout("/b").LinkName("gate-1"));
  EXPECT_EQ(SiteLayout("/a").LinkName("gate-1"), SiteLayout("/a").LinkName("gate-1"));
}

TEST(SiteLayoutTest, NamesTheFileThatItCannotReadOrWrite) {
  EXPECT_EQ(ReadFile("/no/such/file").status().message(), "cannot read /no/such/file");
  EXPECT_EQ(ReadFile("/tmp").status().message(), "cannot read /tmp");
  EXPECT_FALSE(WriteFile("/no/such/file", "").ok());
}

TEST(LastLinesTest, GivesTheEndOfALog) {
  const std::string path = NewSite("log").LogFile("a");
  ASSERT_TRUE(WriteFile(path, "one\ntwo\nthree\n").ok());
  EXPECT_EQ(LastLines(path, 2), "two\nthree\n");
  EXPECT_EQ(LastLines(path, 9), "one\ntwo\nthree\n");
  EXPECT_EQ(LastLines("/no/such/file", 2), "");
}

TEST(PkiTest, IssuesCertificatesThatItsAuthorityVouchesFor) {
  const SiteLayout layout = NewSite("pki");
  const Pki pki(layout);
  ASSERT_TRUE(pki.CreateAuthority().ok());
  ASSERT_TRUE(pki.Issue("gate-1", "station/gate-1").ok());
  const auto verified =
      RunProgram("openssl", {"verify", "-CAfile", layout.CertificateFile(Pki::kAuthority),
                             "-verify_ip", "127.0.0.1", layout.CertificateFile("gate-1")});
  EXPECT_TRUE(verified.ok()) << verified.status();
  const auto text = RunProgram(
      "openssl", {"x509", "-noout", "-subject", "-in", layout.CertificateFile("gate-1")});
  EXPECT_NE(text->find("CN = station/gate-1"), std::string::npos) << *text;
  EXPECT_EQ(Permissions(layout.PrivateKeyFile("gate-1")), 0600u);
}

TEST(PkiTest, LeavesCertificatesThatAreThereAlone) {
  const SiteLayout layout = NewSite("again");
  const Pki pki(layout);
  ASSERT_TRUE(pki.CreateAuthority().ok());
  ASSERT_TRUE(pki.Issue("operator", "operator").ok());
  const std::string before = *ReadFile(layout.CertificateFile("operator"));
  ASSERT_TRUE(pki.CreateAuthority().ok());
  ASSERT_TRUE(pki.Issue("operator", "operator").ok());
  EXPECT_EQ(*ReadFile(layout.CertificateFile("operator")), before);
}

}  // namespace
}  // namespace understudy::cli
