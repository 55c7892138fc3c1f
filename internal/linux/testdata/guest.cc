// Exceptions that unwind, streams, containers, threads; ends by one that nobody catches.
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <algorithm>
#include <sstream>
#include <atomic>
#include <mutex>
#include <condition_variable>
struct D { ~D() { std::cout << "unwound\n"; } };
static int f(int n) { D d; if (n == 0) throw std::runtime_error("deep"); return f(n - 1) + 1; }
int main() {
  try { f(3); } catch (const std::exception &e) { std::cout << "caught " << e.what() << std::endl; }
  std::map<std::string, int> m; std::istringstream in("a b c a b a"); std::string w; while (in >> w) m[w]++;
  for (auto &p : m) std::cout << p.first << '=' << p.second << '\n';
  std::vector<std::thread> t; std::atomic<long> n{0}; std::mutex mu; long k = 0;
  for (int i = 0; i < 4; i++) t.emplace_back([&, i] { for (int j = 0; j < 1000; j++) { n += i; std::lock_guard<std::mutex> g(mu); k += j; } });
  for (auto &x : t) x.join();
  std::cout << n << ' ' << k << ' ' << 3.14159 << std::hex << 255 << '\n';
  try { std::vector<int>().at(5); } catch (std::out_of_range &) { std::cout << "range\n"; }
  std::cout << std::stod("2.5") * 2 << std::endl;
  throw 5;
}
