#include "cli/output/table.h"

#include <algorithm>

#include "cli/output/display_width.h"

namespace understudy::cli {
namespace {

// One cell padded to `width`; the last cell of a line gets no blanks behind it.
std::string Padded(const Cell& cell, size_t width, Table::Align align, bool last,
                   const Painter& painter) {
  const std::string blanks(width - std::min(width, DisplayWidth(cell.text)), ' ');
  const std::string painted = painter.Paint(cell.color, cell.text);
  if (align == Table::Align::kRight) return blanks + painted;
  return last ? painted : painted + blanks;
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::AddRow(std::vector<Cell> cells) {
  cells.resize(columns_.size(), Cell(""));
  for (Cell& cell : cells) cell.text = cell.text.empty() ? "-" : Printable(cell.text);
  rows_.push_back(std::move(cells));
}

std::vector<size_t> Table::Widths() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i].text));
    widths.push_back(width);
  }
  return widths;
}

std::string Table::Render(const Painter& painter) const {
  const std::vector<size_t> widths = Widths();
  std::string out;
  const auto add_line = [&](const std::vector<Cell>& cells) {
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out += "  ";
      out += Padded(cells[i], widths[i], columns_[i].align, i + 1 == cells.size(), painter);
    }
    out += '\n';
  };
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.emplace_back(column.title, Color::kBold);
  add_line(titles);
  for (const auto& row : rows_) add_line(row);
  return out;
}

}  // namespace understudy::cli
