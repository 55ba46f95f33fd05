#include <cstdio>
#include "bench/runtime/contenders.h"
#include "bench/runtime/measure.h"
using namespace understudy::bench;
int main(){
  Print(RunForked("create cold", 7, []{return UnderstudyCreate(10000);}), "ns");
  Print(RunWarm("create warm", 7, []{return UnderstudyCreate(10000);}), "ns");
  Print(RunWarm("life", 7, []{return UnderstudyLife(10000);}), "ns");
  Print(RunWarm("switch 2", 7, []{return UnderstudySwitch(2, 2000000);}), "ns");
  Print(RunWarm("switch 10000", 7, []{return UnderstudySwitch(10000, 2000000);}), "ns");
  Print(RunWarm("timers", 3, []{return UnderstudyTimers(100000);}), "ns");
}
