// Recursion, sorting, JSON both ways.
const fibonacci = (n) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));
console.log(fibonacci(29));

let seed = 1;
const random = () => (seed = (seed * 16807) % 2147483647);
const numbers = Array.from({ length: 150000 }, random);
numbers.sort((a, b) => a - b);
const names = numbers.slice(0, 15000).map((n) => `name ${n % 10007}`).sort();
console.log(numbers[75000], names[7500]);

let records = names.map((name, id) => ({ id, name, half: id / 2, tags: [name, String(id % 7)] }));
let text = "";
for (let round = 0; round < 3; round++) {
  text = JSON.stringify(records);
  records = JSON.parse(text);
}
console.log(text.length, records.reduce((sum, record) => sum + record.half, 0));
