// Constructors, destructors, templates, operators, lambdas, overloads and exceptions.
#include <cstdio>
#include <string>
#include <vector>
#include <stdexcept>
namespace ns { __attribute__((noinline)) int f(int a){ return a+1; } __attribute__((noinline)) int f(const char*s){ return s[0]; }
template<class T> __attribute__((noinline)) T tw(T x){ return x*2; }
struct S { int v; __attribute__((noinline)) S(int x):v(x){} __attribute__((noinline)) int get() const { return v; } __attribute__((noinline)) bool operator==(const S&o) const { return v==o.v; } __attribute__((noinline)) ~S(){ v=0; } }; }
__attribute__((noinline)) int thrower(int n){ if(n>2) throw std::runtime_error("boom"); return n; }
__attribute__((noinline)) int mid(int n){ int r=thrower(n); asm volatile(""); return r+1; }
int main(){ ns::S s(3), t(3); int r=ns::f(1)+ns::f("a")+ns::tw<int>(4)+(int)ns::tw<double>(1.5)+s.get()+(s==t);
 auto l=[&](int k) __attribute__((noinline)) { return k+r; }; printf("%d\n", l(1));
 for(int i=0;i<4;i++) try { printf("%d\n", mid(i)); } catch(std::exception&e){ printf("caught %s\n", e.what()); } }
