namespace understudy::cli {
class Verb;
void AddDemo(Verb&);
void AddDemo(Verb&) {}
}  // namespace understudy::cli
