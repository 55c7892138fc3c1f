// Functions of every kind that C++ names.
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#define KEEP __attribute__((noinline))

namespace geo {
KEEP int area(int side) { return side * side; }
KEEP int area(int width, int height) { return width * height; }
KEEP int area(const char *text) { return text[0]; }
KEEP int area(unsigned long big) { return (int)big; }

template <class T> KEEP T scale(T x) { return x * 3; }

struct Point {
	int x;
	KEEP explicit Point(int v) : x(v) {}
	KEEP Point(const Point &o) : x(o.x + 1) {}
	KEEP ~Point() { asm volatile("" : : "r"(x)); }
	KEEP int get() const { return x; }
	KEEP bool operator<(const Point &o) const { return x < o.x; }
	KEEP int operator()(int n) { return x + n; }
	KEEP operator bool() const { return x != 0; }
	KEEP Point &operator+=(int n) { x += n; return *this; }
	KEEP static int made(std::string s) { return (int)s.size(); }
};
} // namespace geo

namespace {
KEEP int hidden(const std::vector<int> &v) { return (int)v.size(); }
} // namespace

KEEP int operator""_deg(unsigned long long d) { return (int)d; }

int main()
{
	geo::Point p(3), q(p);
	p += 2;
	std::map<std::string, int> m;
	m["a"] = geo::area(2) + geo::area(2, 3) + geo::area("b") + geo::area(7ul);
	auto each = [&](int k) KEEP { return k + p.get(); };
	int n = geo::scale<int>(4) + (int)geo::scale<double>(1.5) + (p < q) + p(1) + (q ? 1 : 0) + each(2) + hidden({1, 2}) + 90_deg +
		geo::Point::made("xyz");
	printf("%d %d\n", n, m["a"]);
}
