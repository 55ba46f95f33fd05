#include "services/checkpoint_store/energy/energy_plot.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/checkpoint_store/energy/energy_units.h"

namespace understudy::checkpoint_store {
namespace {

constexpr int kColumns = 68;
constexpr int kRows = 16;
constexpr int kMargin = 10;  // For the labels of the vertical axis.

struct Extent {
  double shortest = 0;
  double longest = 0;
  double most = 0;
};

Extent ExtentOf(const EnergyPlot& plot) {
  Extent extent{plot.curve.front().cycle_seconds, plot.curve.back().cycle_seconds, 0};
  for (const EnergyPoint& point : plot.curve) {
    extent.most = std::max({extent.most, point.local_joules, point.remote_joules});
  }
  // Two lines at zero are drawn at the bottom.
  if (extent.most <= 0) extent.most = 1;
  return extent;
}

bool Within(const Extent& extent, double seconds) {
  return seconds >= extent.shortest && seconds <= extent.longest;
}

double Along(const Extent& extent, double seconds) {
  return (seconds - extent.shortest) / (extent.longest - extent.shortest);
}

// The value between two neighbours of the curve; `part` is 0 to 1 of the whole.
EnergyPoint At(const std::vector<EnergyPoint>& curve, double part) {
  const double place = part * static_cast<double>(curve.size() - 1);
  const size_t before = std::min(static_cast<size_t>(place), curve.size() - 2);
  const double rest = place - static_cast<double>(before);
  const auto mix = [rest](double a, double b) { return a + (b - a) * rest; };
  const EnergyPoint& a = curve[before];
  const EnergyPoint& b = curve[before + 1];
  return {mix(a.cycle_seconds, b.cycle_seconds), mix(a.local_joules, b.local_joules),
          mix(a.remote_joules, b.remote_joules)};
}

int Row(double joules, double most) {
  return kRows - 1 - static_cast<int>(std::lround(joules / most * (kRows - 1)));
}

std::vector<std::string> DrawCurves(const EnergyPlot& plot, const Extent& extent) {
  std::vector<std::string> rows(kRows, std::string(kColumns, ' '));
  for (int column = 0; column < kColumns; ++column) {
    const EnergyPoint point = At(plot.curve, static_cast<double>(column) / (kColumns - 1));
    const int local = Row(point.local_joules, extent.most);
    const int remote = Row(point.remote_joules, extent.most);
    rows[local][column] = 'l';
    rows[remote][column] = local == remote ? '#' : 'd';
  }
  return rows;
}

// "          ^ cycle 1,800 s" under the axis, at its place.
std::string Marker(const Extent& extent, double seconds, const std::string& text) {
  if (!Within(extent, seconds)) return "";
  const int column = static_cast<int>(std::lround(Along(extent, seconds) * (kColumns - 1)));
  const std::string label = absl::StrCat(text, " ", absl::StrFormat("%.4g s", seconds));
  const int width = static_cast<int>(label.size());
  if (column + 2 + width <= kColumns || column < width + 1) {
    return absl::StrCat(std::string(kMargin + 1 + column, ' '), "^ ", label, "\n");
  }
  return absl::StrCat(std::string(kMargin + column - width, ' '), label, " ^\n");
}

// Pads by what is shown: the micro sign is two bytes and one column.
std::string RightAligned(const std::string& text) {
  const auto wide = static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
  return absl::StrCat(std::string(std::max(0, kMargin - 1 - wide), ' '), text, " ");
}

// --- SVG ---

constexpr double kWidth = 720;
constexpr double kHeight = 440;
constexpr double kLeft = 84;
constexpr double kRight = 24;
constexpr double kTop = 64;
constexpr double kBottom = 56;
constexpr const char* kLocalColor = "#b45309";
constexpr const char* kRemoteColor = "#1d4ed8";

double X(const Extent& extent, double seconds) {
  return kLeft + Along(extent, seconds) * (kWidth - kLeft - kRight);
}

double Y(const Extent& extent, double joules) {
  return kHeight - kBottom - joules / extent.most * (kHeight - kTop - kBottom);
}

// The largest of 1, 2 or 5 times a power of ten that makes at least five steps of `range`.
double Step(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / 5)));
  const double rest = range / 5 / power;
  return power * (rest >= 5 ? 5 : rest >= 2 ? 2 : 1);
}

std::string Text(double x, double y, const char* anchor, const std::string& text,
                 const char* color = "#374151") {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
                         x, y, anchor, color, text);
}

std::string Line(double x1, double y1, double x2, double y2, const char* style) {
  return absl::StrFormat("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2,
                         y2, style);
}

std::string Grid(const Extent& extent) {
  std::string svg;
  const double joules = Step(extent.most);
  for (int i = 0; i * joules <= extent.most; ++i) {
    const double y = Y(extent, i * joules);
    svg += Line(kLeft, y, kWidth - kRight, y, "stroke=\"#e5e7eb\"");
    svg += Text(kLeft - 8, y + 4, "end", JoulesText(i * joules));
  }
  const double seconds = Step(extent.longest - extent.shortest);
  for (double at = std::ceil(extent.shortest / seconds) * seconds; at <= extent.longest;
       at += seconds) {
    const double x = X(extent, at);
    svg += Line(x, kTop, x, kHeight - kBottom, "stroke=\"#e5e7eb\"");
    svg += Text(x, kHeight - kBottom + 18, "middle", absl::StrFormat("%.6g s", at));
  }
  return svg;
}

std::string Polyline(const EnergyPlot& plot, const Extent& extent, double EnergyPoint::*joules,
                     const char* color) {
  std::string svg = "<polyline fill=\"none\" stroke-width=\"2.5\" stroke=\"";
  absl::StrAppend(&svg, color, "\" points=\"");
  for (const EnergyPoint& point : plot.curve) {
    absl::StrAppendFormat(&svg, "%.1f,%.1f ", X(extent, point.cycle_seconds),
                          Y(extent, point.*joules));
  }
  return absl::StrCat(svg, "\"/>\n");
}

std::string SvgMarker(const Extent& extent, double seconds, const std::string& text, double y) {
  if (!Within(extent, seconds)) return "";
  const double x = X(extent, seconds);
  const bool left = x > kWidth * 0.6;
  return Line(x, kTop - 6, x, kHeight - kBottom, "stroke=\"#6b7280\" stroke-dasharray=\"4 3\"") +
         Text(x + (left ? -6 : 6), y, left ? "end" : "start",
              absl::StrFormat("%s %.4g s", text, seconds));
}

std::string Legend() {
  return absl::StrCat(
      Line(kLeft, 24, kLeft + 28, 24,
           absl::StrCat("stroke=\"", kLocalColor, "\" stroke-width=\"2.5\"").c_str()),
      Text(kLeft + 36, 28, "start", "light sleep, memory on power (E_local)", kLocalColor),
      Line(kLeft + 310, 24, kLeft + 338, 24,
           absl::StrCat("stroke=\"", kRemoteColor, "\" stroke-width=\"2.5\"").c_str()),
      Text(kLeft + 346, 28, "start", "deep sleep and checkpoint-store (E_remote)", kRemoteColor));
}

}  // namespace

std::string EnergyPlotText(const EnergyPlot& plot) {
  const Extent extent = ExtentOf(plot);
  std::vector<std::string> rows = DrawCurves(plot, extent);
  std::string text = "energy per cycle: l light sleep (E_local), d deep sleep (E_remote), # both\n";
  for (int row = 0; row < kRows; ++row) {
    std::string& line = rows[row];
    line.erase(line.find_last_not_of(' ') + 1);
    const bool labelled = row % 5 == 0;
    const double joules = extent.most * (kRows - 1 - row) / (kRows - 1);
    absl::StrAppend(&text, labelled ? RightAligned(JoulesText(joules)) : std::string(kMargin, ' '),
                    "|", line, "\n");
  }
  absl::StrAppend(&text, std::string(kMargin, ' '), "+", std::string(kColumns, '-'), "\n");
  const std::string from = absl::StrFormat("%.4g s", extent.shortest);
  const std::string to = absl::StrFormat("%.4g s", extent.longest);
  absl::StrAppend(&text, std::string(kMargin + 1, ' '), from,
                  std::string(kColumns - from.size() - to.size(), ' '), to, "\n");
  if (plot.break_even_seconds.has_value()) {
    absl::StrAppend(&text, Marker(extent, *plot.break_even_seconds, "break-even"));
  }
  absl::StrAppend(&text, Marker(extent, plot.cycle_seconds, "this device's cycle"));
  return text;
}

std::string EnergyPlotSvg(const EnergyPlot& plot) {
  const Extent extent = ExtentOf(plot);
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" "
      "height=\"%.0f\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<title>Energy per cycle over the length of a cycle</title>\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
      kWidth, kHeight, kWidth, kHeight);
  absl::StrAppend(&svg, Legend(), Grid(extent));
  if (plot.break_even_seconds.has_value()) {
    absl::StrAppend(&svg, SvgMarker(extent, *plot.break_even_seconds, "break-even", kTop + 8));
  }
  absl::StrAppend(&svg, SvgMarker(extent, plot.cycle_seconds, "this device's cycle", kTop + 26));
  absl::StrAppend(&svg, Polyline(plot, extent, &EnergyPoint::local_joules, kLocalColor),
                  Polyline(plot, extent, &EnergyPoint::remote_joules, kRemoteColor));
  absl::StrAppend(&svg,
                  Text((kLeft + kWidth - kRight) / 2, kHeight - 14, "middle", "length of a cycle"));
  return absl::StrCat(svg, "</svg>\n");
}

}  // namespace understudy::checkpoint_store
