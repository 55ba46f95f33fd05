#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_PLOT_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_PLOT_H_

#include <optional>
#include <string>
#include <vector>

#include "services/checkpoint_store/energy/energy_model.h"

// The two energies over the cycle's length, drawn. Pure, thread-safe.
namespace understudy::checkpoint_store {

struct EnergyPlot {
  // Ascending cycles, at least two.
  std::vector<EnergyPoint> curve;
  // Where the curves cross, marked if within the curve's range.
  std::optional<double> break_even_seconds;
  // The device's own cycle, marked alike.
  double cycle_seconds = 0;
};

// 68 columns by 16 rows and the axes, ASCII but for units: 'l' light sleep, 'd' deep sleep and
// checkpoint-store, '#' both.
std::string EnergyPlotText(const EnergyPlot& plot);

// A whole SVG document of 720 by 440.
std::string EnergyPlotSvg(const EnergyPlot& plot);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ENERGY_ENERGY_PLOT_H_
