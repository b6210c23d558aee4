"use strict";
// Tables: a click on a column's head sorts by it, again turns it round; long tables get a box that filters their rows.
(function () {
  var LONG = 12;

  function sortKey(cell) {
    var text = cell.firstElementChild ? cell.firstElementChild.textContent : cell.textContent;
    text = text.trim().replace(/\u2212/g, "-");
    var number = /^[(\[]?(-?\d+(?:\.\d+)?)/.exec(text);
    if (!number) { return [1, text.toLowerCase()]; }
    var power = /\u00d710([\u2070\u00b9\u00b2\u00b3\u2074-\u2079\u207b]+)/.exec(text);
    var digits = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
    var exponent = power ? Number(power[1].replace("\u207b", "-").replace(/[^-]/g, function (c) {
      return digits.indexOf(c);
    })) : 0;
    return [0, Number(number[1]) * Math.pow(10, exponent)];
  }

  function compare(a, b) {
    if (a[0] !== b[0]) { return a[0] - b[0]; }
    return a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0;
  }

  function sortable(table) {
    var body = table.tBodies[0];
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        Array.prototype.forEach.call(table.tHead.rows[0].cells, function (c) { c.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        Array.prototype.slice.call(body.rows).map(function (row, i) {
          return { row: row, key: sortKey(row.cells[column]), i: i };
        }).sort(function (a, b) {
          return (down ? -1 : 1) * compare(a.key, b.key) || a.i - b.i;
        }).forEach(function (item) { body.appendChild(item.row); });
      });
    });
  }

  function filterable(table) {
    var box = document.createElement("input");
    box.type = "search";
    box.placeholder = "show rows with \u2026";
    box.setAttribute("aria-label", "Show only rows that contain this text");
    table.parentNode.insertBefore(box, table);
    box.addEventListener("input", function () {
      var wanted = box.value.toLowerCase();
      Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
        row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0;
      });
    });
  }

  Array.prototype.forEach.call(document.querySelectorAll("table"), function (table) {
    var rows = table.tBodies[0].rows.length;
    if (rows > 1) { sortable(table); }
    if (rows > LONG) { filterable(table); }
  });
  window.addEventListener("beforeprint", function () {
    Array.prototype.forEach.call(document.querySelectorAll("details"), function (d) { d.open = true; });
  });
}());
