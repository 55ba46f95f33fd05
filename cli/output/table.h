#ifndef UNDERSTUDY_CLI_OUTPUT_TABLE_H_
#define UNDERSTUDY_CLI_OUTPUT_TABLE_H_

#include <string>
#include <utility>
#include <vector>

#include "cli/output/color.h"

namespace understudy::cli {

// Text with a colour.
struct Cell {
  Cell(std::string t, Color c = Color::kPlain) : text(std::move(t)), color(c) {}  // NOLINT
  Cell(const char* t) : text(t) {}                                                // NOLINT

  std::string text;
  Color color = Color::kPlain;
};

// Columns aligned by what a terminal shows, two blanks apart, no trailing blanks. Cells are made
// printable; an empty cell is shown as "-".
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    Column(std::string t, Align a = Align::kLeft) : title(std::move(t)), align(a) {}  // NOLINT
    Column(const char* t) : title(t) {}                                               // NOLINT
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns);

  // A short row is filled with empty cells; cells beyond the columns are dropped.
  void AddRow(std::vector<Cell> cells);
  bool empty() const { return rows_.empty(); }

  // The titles, then the rows; each line ends with '\n'.
  std::string Render(const Painter& painter) const;

 private:
  std::vector<size_t> Widths() const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_OUTPUT_TABLE_H_
