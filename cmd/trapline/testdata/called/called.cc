// Functions of every kind that C++ has, which count their calls. At the end each name is printed with its number.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#define KEEP __attribute__((noinline))
#define CALLED(name) count[name]++

static std::map<std::string, long> count;

namespace ns {
KEEP int f(int a) { CALLED("ns::f(int)"); return a + 1; }
KEEP int f(const char *s) { CALLED("ns::f(const char*)"); return s[0]; }
KEEP int f(unsigned long a, std::string s) { CALLED("ns::f(unsigned long, std::string)"); return (int)(a + s.size()); }
KEEP int f(const std::vector<std::pair<int, char>> &v) { CALLED("ns::f(std::vector<std::pair<int, char>> const&)"); return (int)v.size(); }
KEEP int f(int (*g)(int), int *const *p) { CALLED("ns::f(int (*)(int), int* const*)"); return g(**p); }

template <class T> KEEP T twice(T x) { CALLED("ns::twice"); return x + x; }
template <class T> KEEP T half(T x) { CALLED(sizeof(T) == sizeof(int) ? "ns::half<int>" : "ns::half<double>(double)"); return x / 2; }
template <class T, class... More> KEEP int many(T, More...) { CALLED("ns::many"); return sizeof...(More); }
template <int N> KEEP int plus(int x) { CALLED("ns::plus<7>"); return x + N; }

inline namespace v1 {
KEEP int versioned() { CALLED("ns::v1::versioned"); return 1; }
}

struct Base {
	int v;
	KEEP explicit Base(int x) : v(x) { CALLED("ns::Base::Base(int)"); }
	KEEP virtual ~Base() { CALLED("ns::Base::~Base"); }
	KEEP virtual int area() const { CALLED("ns::Base::area"); return v; }
};

struct Left : virtual Base {
	KEEP Left(int x) : Base(x) { CALLED("ns::Left::Left"); }
	KEEP ~Left() override { CALLED("ns::Left::~Left()"); }
	KEEP int area() const override { CALLED("ns::Left::area() const"); return v * 2; }
};

struct Both : Left {
	KEEP Both(int x) : Base(x), Left(x) { CALLED("ns::Both::Both"); }
	KEEP ~Both() override { CALLED("ns::Both::~Both"); }
};

class Kinds {
	int v[4] = {1, 2, 3, 4};

public:
	KEEP Kinds() { CALLED("ns::Kinds::Kinds()"); }
	KEEP Kinds(const Kinds &) { CALLED("ns::Kinds::Kinds(const ns::Kinds&)"); }
	KEEP Kinds(Kinds &&) noexcept { CALLED("ns::Kinds::Kinds(ns::Kinds&&)"); }
	KEEP Kinds &operator=(const Kinds &) { CALLED("ns::Kinds::operator=(ns::Kinds const&)"); return *this; }
	KEEP int operator[](int i) const { CALLED("ns::Kinds::operator[]"); return v[i]; }
	KEEP int operator()(int a, int b) { CALLED("ns::Kinds::operator()"); return a + b + v[0]; }
	KEEP Kinds *operator->() { CALLED("ns::Kinds::operator->"); return this; }
	KEEP bool operator<(const Kinds &) const { CALLED("ns::Kinds::operator<"); return true; }
	KEEP bool operator>=(const Kinds &) const { CALLED("ns::Kinds::operator>="); return true; }
	KEEP explicit operator bool() const { CALLED("ns::Kinds::operator bool"); return true; }
	KEEP operator const char *() const { CALLED("ns::Kinds::operator char const*"); return "k"; }
	KEEP Kinds &operator++() { CALLED("ns::Kinds::operator++()"); return *this; }
	KEEP Kinds &operator++(int) { CALLED("ns::Kinds::operator++(int)"); return *this; }
	KEEP int get() & { CALLED("ns::Kinds::get() &"); return v[1]; }
	KEEP int get() && { CALLED("ns::Kinds::get() &&"); return v[2]; }
	KEEP int both() { CALLED("ns::Kinds::both()"); return v[1]; }
	KEEP int both() const { CALLED("ns::Kinds::both() const"); return v[2]; }
	KEEP static int made(std::string s) { CALLED("ns::Kinds::made"); return (int)s.size(); }
	KEEP static void *operator new(size_t n) { CALLED("ns::Kinds::operator new"); return malloc(n); }
	KEEP static void operator delete(void *p) { CALLED("ns::Kinds::operator delete"); free(p); }
	template <class T> KEEP int member(T x) { CALLED("ns::Kinds::member<long>"); return (int)x; }
	struct Inner {
		KEEP int deep() { CALLED("Inner::deep"); return 1; }
	};
	friend KEEP bool operator==(const Kinds &, int) { CALLED("ns::operator==(ns::Kinds const&, int)"); return true; }
};

template <class T> struct Box {
	T t;
	KEEP int put(T x) { CALLED(sizeof(T) == 1 ? "ns::Box<char>::put" : "ns::Box<long>::put"); t = x; return 1; }
};
} // namespace ns

namespace {
KEEP int hidden(int n) { CALLED("(anonymous namespace)::hidden"); return n; }
} // namespace

KEEP int operator""_deg(unsigned long long d) { CALLED("operator\"\" _deg"); return (int)d; }
extern "C" KEEP int plain_c(int n) { CALLED("plain_c"); return n; }
KEEP static int apply(int x) { CALLED("apply"); return x; }
KEEP static int constant(int a, int b) { CALLED("constant"); return a * b; } // a clone for b
KEEP static int indirect(const int *p, int b) { CALLED("indirect(int const*, int)"); return *p + b; }
KEEP int thrower(int n)
{
	CALLED("thrower");
	if (n > 2)
		throw std::runtime_error("boom");
	return n;
}

int main()
{
	CALLED("main");
	int r = 0, one = 1, *p = &one;
	for (int i = 0; i < 3; i++)
		r += ns::f(i);
	r += ns::f("a") + ns::f("b") + ns::f(5ul, "text") + ns::f({{1, 'a'}}) + ns::f(apply, &p);
	r += ns::twice(2) + (int)ns::twice(1.5) + (int)ns::twice(3l) + ns::half(4) + ns::half(6) + (int)ns::half(3.0);
	r += ns::many(1, 2, 3) + ns::many(1) + ns::plus<7>(1) + ns::versioned();
	{
		ns::Base b(1);
		ns::Left l(2);
		std::unique_ptr<ns::Base> both(new ns::Both(3)), left(new ns::Left(4));
		r += b.area() + l.area() + both->area() + left->area();
	}
	ns::Kinds a, b(a), c(std::move(b));
	b = a;
	r += a[1] + a(1, 2) + a->both() + (a < b) + (a >= b) + (a ? 1 : 0) + ((const char *)a)[0] + (a == 1);
	++a, a++, ++a;
	const ns::Kinds &k = a;
	r += a.get() + std::move(a).get() + k.both() + ns::Kinds::made("xyz") + a.member(5l) + ns::Kinds::Inner().deep();
	delete new ns::Kinds(k);
	ns::Box<char> chars{'a'};
	ns::Box<long> longs{1};
	r += chars.put('b') + chars.put('c') + longs.put(2);
	auto add = [&](int n) KEEP { CALLED("main::{lambda(int)#1}::operator()"); return n + r; };
	auto any = [](auto x) KEEP { CALLED("main::{lambda(auto:1)#2}::operator()"); return (int)x; };
	r += add(1) + add(2) + any(3) + any(2.5);
	for (int i = 0; i < 4; i++) {
		r += constant(i, 7) + indirect(&i, 3) + hidden(i);
		try {
			r += thrower(i);
		} catch (const std::exception &) {
			r++;
		}
	}
	r += 90_deg + plain_c(1);
	printf("%d\n", r);
	for (auto &c : count)
		printf("%ld %s\n", c.second, c.first.c_str());
}
