'use strict';
const report = new Report();
