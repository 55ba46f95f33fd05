#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "cli/output/color.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/progress.h"
#include "cli/output/table.h"

namespace understudy::cli {
namespace {

TEST(DisplayWidthTest, CountsColumnsAndNotBytes) {
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("gate-1"), 6u);
  EXPECT_EQ(DisplayWidth("Kühlraum"), 8u);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u);
  EXPECT_EQ(DisplayWidth("泵房"), 4u);
}

TEST(DisplayWidthTest, CountsBrokenUtf8ByTheByte) {
  EXPECT_EQ(DisplayWidth("a\xff\xc3"), 3u);
  EXPECT_EQ(DisplayWidth("\xc0\x80"), 2u);
}

TEST(PrintableTest, ShowsControlCharactersInsteadOfSendingThem) {
  EXPECT_EQ(Printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
  EXPECT_EQ(Printable("\u009b"), "\\x9b");
  EXPECT_EQ(Printable("ok ü 泵"), "ok ü 泵");
  EXPECT_EQ(Printable("x\xff"), "x\uFFFD");
}

TEST(TableTest, AlignsByWhatATerminalShows) {
  Table table({"STATION", {"SIZE", Table::Align::kRight}, "NOTE"});
  table.AddRow({"gate-1", "18.0 KiB", "ok"});
  table.AddRow({"Kühlraum", "9 B", ""});
  EXPECT_EQ(table.Render(Painter(false)),
            "STATION       SIZE  NOTE\n"
            "gate-1    18.0 KiB  ok\n"
            "Kühlraum       9 B  -\n");
}

TEST(TableTest, PaintsWithoutChangingTheAlignment) {
  Table table({"A", "B"});
  table.AddRow({{"x", Color::kRed}, "y"});
  EXPECT_EQ(table.Render(Painter(true)), "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
}

TEST(TableTest, FillsShortRowsAndDropsCellsBeyondTheColumns) {
  Table table({"A", "B"});
  table.AddRow({"1"});
  table.AddRow({"1", "2", "3"});
  EXPECT_EQ(table.Render(Painter(false)), "A  B\n1  -\n1  2\n");
}

TEST(FormatTest, GivesDurationsThreeFiguresAndAUnit) {
  EXPECT_EQ(DurationText(absl::ZeroDuration()), "0 ms");
  EXPECT_EQ(DurationText(absl::Microseconds(850)), "850 µs");
  EXPECT_EQ(DurationText(absl::Microseconds(2'414)), "2.41 ms");
  EXPECT_EQ(DurationText(absl::Milliseconds(312)), "312 ms");
  EXPECT_EQ(DurationText(absl::Milliseconds(1'250)), "1.25 s");
  EXPECT_EQ(DurationText(absl::Milliseconds(-20)), "-20.0 ms");
  EXPECT_EQ(DurationText(absl::Seconds(185)), "3 min 5 s");
  EXPECT_EQ(DurationText(absl::Minutes(130)), "2 h 10 min");
  EXPECT_EQ(DurationText(absl::Hours(99)), "4 d 3 h");
}

TEST(FormatTest, GivesSizesInBinaryUnits) {
  EXPECT_EQ(SizeText(17), "17 B");
  EXPECT_EQ(SizeText(18'944), "18.5 KiB");
  EXPECT_EQ(SizeText(4 << 20), "4.00 MiB");
}

TEST(FormatTest, ShowsTwelveDigitsOfAHashUnlessAskedForAll) {
  EXPECT_EQ(HashText(""), "");
  EXPECT_EQ(HashText("\x01\x02\x03\x04\x05\x06\x07"), "010203040506");
  EXPECT_EQ(HashText("\x01\x02\x03\x04\x05\x06\x07", true), "01020304050607");
}

TEST(FormatTest, ListsCountsByName) {
  EXPECT_EQ(CountsText({{"npu.tops", 8}, {"camera.rtsp", 16}}), "camera.rtsp: 16, npu.tops: 8");
}

TEST(FormatTest, LeavesATimeThatWasNeverSetEmpty) {
  EXPECT_EQ(TimeText(absl::UnixEpoch()), "");
  EXPECT_EQ(TimeText(absl::FromUnixSeconds(1'700'000'000)), "2023-11-14 22:13:20 UTC");
}

TEST(ColorTest, IsNotForWhatIsNoTerminal) { EXPECT_FALSE(TakesColor(-1)); }

TEST(ProgressTest, DrawsTheShareThatIsDone) {
  EXPECT_EQ(ProgressLine(6, 12, "certificates"), "[############............] 6/12 certificates");
  EXPECT_EQ(ProgressLine(0, 0, ""), "[########################] 0/0 ");
}

}  // namespace
}  // namespace understudy::cli
