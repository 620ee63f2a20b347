export { init } from "echarts/core";
import { use } from "echarts/core";
import { BarChart, LineChart, SankeyChart } from "echarts/charts";
import { GridComponent, LegendPlainComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
use([BarChart, LineChart, SankeyChart, GridComponent, LegendPlainComponent, TooltipComponent, SVGRenderer]);
