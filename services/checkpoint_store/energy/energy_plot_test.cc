#include "services/checkpoint_store/energy/energy_plot.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace understudy::checkpoint_store {
namespace {

// They cross at 50 s.
EnergyPlot Crossing() {
  return {.curve = {{0, 0, 0.5}, {100, 2, 1.5}}, .break_even_seconds = 50, .cycle_seconds = 80};
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(EnergyPlotTest, DrawsBothCurvesAndWhereTheyCross) {
  const std::vector<std::string> lines = Lines(EnergyPlotText(Crossing()));
  ASSERT_EQ(lines.size(), 1 + 16 + 2 + 2);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 80) << line;
  const auto cell = [&lines](int row, int column) { return lines[1 + row][11 + column]; };
  // Light sleep from the bottom left to the top right, deep sleep from a quarter to three.
  EXPECT_EQ(cell(15, 0), 'l');
  EXPECT_EQ(cell(0, 67), 'l');
  EXPECT_EQ(cell(11, 0), 'd');
  EXPECT_EQ(cell(4, 67), 'd');
  EXPECT_EQ(lines[1].substr(0, 11), "   2.00 J |");
  EXPECT_EQ(lines[19], std::string(11 + 34, ' ') + "^ break-even 50 s");
  EXPECT_EQ(lines[20], std::string(10 + 54 - 24, ' ') + "this device's cycle 80 s ^");
}

TEST(EnergyPlotTest, SharedPlacesAreMarkedAsBoth) {
  const EnergyPlot plot{
      .curve = {{0, 1, 1}, {10, 1, 1}}, .break_even_seconds = {}, .cycle_seconds = 5};
  const std::string text = EnergyPlotText(plot);
  EXPECT_NE(text.find(std::string(68, '#')), std::string::npos);
  EXPECT_EQ(text.find("break-even"), std::string::npos);
}

TEST(EnergyPlotTest, NothingAtAllIsDrawnAtTheBottom) {
  const EnergyPlot plot{
      .curve = {{0, 0, 0}, {10, 0, 0}}, .break_even_seconds = {}, .cycle_seconds = 5};
  EXPECT_NE(EnergyPlotText(plot).find("0 J |" + std::string(68, '#')), std::string::npos);
  EXPECT_NE(EnergyPlotSvg(plot).find("</svg>"), std::string::npos);
}

TEST(EnergyPlotTest, AMarkBeyondTheCurveIsLeftOut) {
  EnergyPlot plot = Crossing();
  plot.break_even_seconds = 1'000;
  EXPECT_EQ(EnergyPlotText(plot).find("break-even"), std::string::npos);
  EXPECT_EQ(EnergyPlotSvg(plot).find("break-even"), std::string::npos);
}

TEST(EnergyPlotTest, TheSvgHasBothCurvesWithinItsFrameAndEveryTagCloses) {
  const std::string svg = EnergyPlotSvg(Crossing());
  EXPECT_EQ(svg.find("<svg "), 0);
  EXPECT_NE(svg.find("points=\"84.0,384.0 696.0,64.0 \""), std::string::npos) << svg;   // Local.
  EXPECT_NE(svg.find("points=\"84.0,304.0 696.0,144.0 \""), std::string::npos) << svg;  // Remote.
  EXPECT_NE(svg.find("break-even 50 s"), std::string::npos);
  const auto count = [&svg](const std::string& what) {
    int found = 0;
    for (size_t at = svg.find(what); at != std::string::npos; at = svg.find(what, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("<text "), count("</text>"));
  EXPECT_EQ(count("<"), count(">"));
}

}  // namespace
}  // namespace understudy::checkpoint_store
